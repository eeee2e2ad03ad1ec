// The filters of the contacts report (features.md F3-F30).
import { RotateCcw, Search, Square } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type AskError, useAnswer } from '../../ask'
import { optionsOf, useOccurring } from '../../filter/bar'
import { Many, type Option } from '../../kit/choices'
import { Check, Text, wrongOf } from '../../kit/inputs'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import {
  CALL_KINDS,
  type Draft,
  emptyDraft,
  type Kind,
  OTHER_KINDS,
  QUICK,
  quickDates,
  STATUSES,
  statusesApply,
  todayIn,
} from './filter'

interface FormProps {
  draft: Draft
  change: (patch: Partial<Draft>) => void
  show: () => void
  cancel: () => void
  busy: boolean
  error: AskError | null
}

const named = (words: readonly string[] | undefined): Option[] =>
  (words ?? []).map((word) => ({ id: word, name: word }))

export function Form({ draft, change, show, cancel, busy, error }: FormProps) {
  const say = useWords('contacts')
  const term = useTerms()
  const { me } = useSession()
  const today = todayIn(me.workspace.zone)
  const choices = useAnswer('/v1/directory/choices', { params: { query: { deleted: true } } }).data
  const occurring = useOccurring()
  const users = optionsOf(choices?.users).filter(
    (user) => draft.deleted || !user.gone || draft.users.includes(user.id),
  )
  const applies = statusesApply(draft.kinds)
  const toggle = <T extends string>(list: readonly T[], one: T): T[] =>
    list.includes(one) ? list.filter((other) => other !== one) : [...list, one]
  const kinds = (all: readonly Kind[]) =>
    all.map((kind) => (
      <Check
        key={kind}
        label={term(`kind.${kind}`)}
        checked={draft.kinds.includes(kind)}
        onChange={() => change({ kinds: toggle(draft.kinds, kind) })}
      />
    ))
  return (
    <form
      class="card contacts-form no-print"
      aria-label={say('filters')}
      onSubmit={(event) => {
        event.preventDefault()
        show()
      }}
    >
      <div class="row quick-dates" role="group" aria-label={say('quick_dates')}>
        {QUICK.map((quick) => {
          const dates = quickDates(quick, today)
          return (
            <button
              type="button"
              class="small"
              key={quick}
              aria-pressed={draft.from === dates.from && draft.to === dates.to}
              onClick={() => change(dates)}
            >
              {say(`quick.${quick}`)}
            </button>
          )
        })}
      </div>
      <div class="pair">
        <Text
          label={say('from')}
          type="date"
          required
          value={draft.from}
          wrong={wrongOf(error, 'from')}
          onChange={(from) => change({ from })}
        />
        <Text
          label={say('to')}
          type="date"
          required
          value={draft.to}
          wrong={wrongOf(error, 'to')}
          onChange={(to) => change({ to })}
        />
        <Text
          label={say('hour_from')}
          type="time"
          value={draft.hour_from}
          wrong={wrongOf(error, 'hour_from')}
          onChange={(hour_from) => change({ hour_from })}
        />
        <Text
          label={say('hour_to')}
          type="time"
          value={draft.hour_to}
          wrong={wrongOf(error, 'hour_to')}
          onChange={(hour_to) => change({ hour_to })}
        />
      </div>
      <Lists>
        <Many
          label={say('users')}
          options={users}
          chosen={draft.users}
          onChange={(users) => change({ users })}
        >
          <Check label={say('deleted')} checked={draft.deleted} onChange={(deleted) => change({ deleted })} />
        </Many>
        <Many
          label={say('teams')}
          options={optionsOf(choices?.teams)}
          chosen={draft.teams}
          onChange={(teams) => change({ teams })}
        />
        <Many
          label={say('campaigns')}
          options={[{ id: '', name: say('outside') }, ...named(occurring?.campaigns)]}
          chosen={draft.campaigns}
          onChange={(campaigns) => change({ campaigns })}
        />
        <Many
          label={say('sources')}
          options={named(occurring?.sources)}
          chosen={draft.sources}
          onChange={(sources) => change({ sources })}
        />
      </Lists>
      <div class="pair">
        <Text
          label={say('source_number')}
          inputMode="tel"
          value={draft.source_number}
          wrong={wrongOf(error, 'source_number')}
          onChange={(source_number) => change({ source_number })}
        />
        <Text
          label={say('destination_number')}
          inputMode="tel"
          value={draft.destination_number}
          wrong={wrongOf(error, 'destination_number')}
          onChange={(destination_number) => change({ destination_number })}
        />
      </div>
      <Text
        label={say('reference')}
        value={draft.reference}
        wrong={wrongOf(error, 'reference')}
        onChange={(reference) => change({ reference })}
      />
      <fieldset disabled={!applies}>
        <legend>{say('statuses')}</legend>
        <div class="pair">
          {STATUSES.map((status) => (
            <Check
              key={status}
              label={say(`status.${status}`)}
              disabled={!applies}
              checked={applies && draft.statuses.includes(status)}
              onChange={() => change({ statuses: toggle(draft.statuses, status) })}
            />
          ))}
        </div>
        <p class="faint small-text">{say(applies ? 'statuses_why' : 'statuses_off')}</p>
      </fieldset>
      <details class="kinds" open={draft.kinds.length > 0}>
        <summary>
          {say('kinds')}:{' '}
          <b>{draft.kinds.length ? say('kinds_chosen', { count: draft.kinds.length }) : say('kinds_all')}</b>
        </summary>
        <fieldset>
          <legend>{say('kinds_calls')}</legend>
          <div class="tight">
            {kinds(CALL_KINDS)}
            <Check
              label={say('internal')}
              checked={draft.internal}
              onChange={(internal) => change({ internal })}
            />
          </div>
        </fieldset>
        <fieldset>
          <legend>{say('kinds_other')}</legend>
          <div class="tight">{kinds(OTHER_KINDS)}</div>
        </fieldset>
      </details>
      <div class="row buttons">
        <button type="submit" class="primary" disabled={busy}>
          <Search size={16} aria-hidden="true" /> {say('show')}
        </button>
        {busy ? (
          <button type="button" onClick={cancel}>
            <Square size={14} aria-hidden="true" /> {say('cancel')}
          </button>
        ) : (
          <button type="button" class="quiet" onClick={() => change(emptyDraft(today))}>
            <RotateCcw size={15} aria-hidden="true" /> {say('reset')}
          </button>
        )}
      </div>
      {busy ? <Busy /> : null}
    </form>
  )
}

function Lists({ children }: { children: ComponentChildren }) {
  return <div class="lists">{children}</div>
}

/** That something is under way, and for how long. */
function Busy() {
  const say = useWords('contacts')
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((past) => past + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <div class="tight" role="status">
      <progress aria-label={say('searching')} />
      <span class="faint small-text">
        {say('searching')} {seconds > 1 ? say('seconds', { seconds }) : ''}
      </span>
    </div>
  )
}
