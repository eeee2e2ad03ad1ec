// The filter above a page: period, people, teams, numbers, and what else the page asks for; all of it in the address.
import { CalendarDays, ChevronDown, ListFilter, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { type Schemas, useAnswer } from '../ask'
import { Many, type Option } from '../kit/choices'
import { useFormat } from '../kit/format'
import { Check } from '../kit/inputs'
import { Menu } from '../kit/overlay'
import { useTerms, useWords } from '../words'
import { type Filter, PRESETS, type Preset } from './filter'
import type { Filtered } from './useFilter'
import './bar.css'

export type BarField =
  | 'users'
  | 'teams'
  | 'numbers'
  | 'channels'
  | 'directions'
  | 'outcomes'
  | 'queues'
  | 'campaigns'
  | 'sources'
  | 'connections'
  | 'tags'
  | 'labels'
  | 'reasons'
  | 'hours'
  | 'include_internal'
  | 'only_missed'
  | 'only_unrecovered'

interface BarProps {
  filtered: Filtered
  /** Shown at once; the others are under "More". */
  fields?: BarField[]
  more?: BarField[]
  /** The resolved dates of the newest answer; shown beside the preset (features.md O17). */
  meta?: Pick<Schemas['Meta'], 'from_date' | 'to_date'>
  period?: boolean
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** Presets and a range of own dates, both inclusive. */
export function Period({ filtered, meta }: Pick<BarProps, 'filtered' | 'meta'>) {
  const say = useWords('filter')
  const format = useFormat()
  const { filter, set } = filtered
  const [from, setFrom] = useState(filter.from ?? meta?.from_date ?? '')
  const [to, setTo] = useState(filter.to ?? meta?.to_date ?? '')
  const preset = filter.preset
  const resolved = meta ? format.days(meta.from_date, meta.to_date) : ''
  const name = preset ? say(`preset.${preset}` as 'preset.today') : say('dates')
  const wrong = from !== '' && to !== '' && to < from
  return (
    <Menu
      className="period-button"
      button={
        <>
          <CalendarDays size={16} aria-hidden="true" />
          <span>
            <b>{name}</b> {resolved ? <span class="faint period-dates">{resolved}</span> : null}
          </span>
          <ChevronDown size={15} aria-hidden="true" />
        </>
      }
    >
      {(close) => (
        <div class="period">
          <div class="options" role="group" aria-label={say('period')}>
            {PRESETS.map((one) => (
              <button
                type="button"
                key={one}
                aria-pressed={one === preset}
                onClick={() => {
                  set({ preset: one satisfies Preset, from: null, to: null })
                  close()
                }}
              >
                {say(`preset.${one}`)}
              </button>
            ))}
          </div>
          <form
            class="tight"
            onSubmit={(event) => {
              event.preventDefault()
              if (!DAY.test(from) || !DAY.test(to) || wrong) return
              set({ preset: null, from, to })
              close()
            }}
          >
            <label class="tight">
              <span>{say('from')}</span>
              <input
                type="date"
                value={from}
                required
                onInput={(event) => setFrom(event.currentTarget.value)}
              />
            </label>
            <label class="tight">
              <span>{say('to')}</span>
              <input
                type="date"
                value={to}
                required
                aria-invalid={wrong}
                onInput={(event) => setTo(event.currentTarget.value)}
              />
            </label>
            {wrong ? <p class="bad small-text">{say('wrong_range')}</p> : null}
            <button type="submit" class="primary" disabled={wrong}>
              {say('show_range')}
            </button>
          </form>
        </div>
      )}
    </Menu>
  )
}

type Choice = { id: string; name: string; deleted?: boolean; e164?: string }
export const optionsOf = (choices: readonly Choice[] | undefined): Option[] =>
  (choices ?? []).map((one) => ({ id: one.id, name: one.name || one.id, gone: one.deleted, about: one.e164 }))

/** What the filters offer to this viewer; what was deleted only when asked for. */
export function useChoices(deleted = false) {
  return useAnswer('/v1/directory/choices', deleted ? { params: { query: { deleted } } } : {}).data
}

/** Of these, deleted ones can be shown and chosen: what happened with them stays (features.md F4, F5). */
const LASTING: readonly string[] = ['users', 'teams', 'numbers']

/** Words that came with calls and texts and stand in no directory (features.md F7, F29). */
const OCCURRING = ['queues', 'campaigns', 'sources', 'connections', 'tags'] as const
type Occurring = (typeof OCCURRING)[number]
const occurs = (field: string): field is Occurring => OCCURRING.some((one) => one === field)

/** What filters offer of what occurred in the last three months, inside the viewer's scope. */
export function useOccurring(enabled = true) {
  return useAnswer('/v1/choices', {}, { enabled }).data
}

const CODES = {
  channels: ['call', 'message'],
  directions: ['inbound', 'outbound', 'internal'],
  outcomes: ['answered', 'no_answer', 'caller_abandoned', 'busy', 'failed', 'voicemail', 'outbound_aborted'],
  labels: ['unique', 'repeat', 'target', 'spam'],
  reasons: [
    'nobody_available',
    'rang_no_answer',
    'caller_gave_up',
    'direct_voicemail',
    'technical',
    'closed_hours',
    'ivr_abandon',
    'short_abandon',
    'spam',
  ],
} as const
const GROUPS = {
  channels: 'channel',
  directions: 'direction',
  outcomes: 'outcome',
  labels: 'label',
  reasons: 'reason',
} as const

function BarPart({ field, filtered }: { field: BarField; filtered: Filtered }) {
  const say = useWords('filter')
  const term = useTerms()
  const { filter, set } = filtered
  const said: unknown = filter[field]
  const chosen = Array.isArray(said) ? said.map(String) : []
  const [gone, setGone] = useState(false)
  const listed = useChoices() as Record<string, Choice[] | undefined> | undefined
  const missing = chosen.some((id) => !listed?.[field]?.some((one) => one.id === id))
  const lasting = LASTING.includes(field)
  const everything = lasting && (gone || (listed !== undefined && missing))
  const choices = useChoices(everything) as Record<string, Choice[] | undefined> | undefined
  const occurring = useOccurring(occurs(field))
  if (field === 'hours') {
    return (
      <label class="row">
        <span class="faint">{say('hours')}</span>
        <select
          value={filter.hours ?? 'all'}
          onChange={(event) =>
            set({ hours: event.currentTarget.value === 'all' ? null : event.currentTarget.value })
          }
        >
          {(['all', 'open', 'closed'] as const).map((one) => (
            <option key={one} value={one}>
              {say(`hours.${one}`)}
            </option>
          ))}
        </select>
      </label>
    )
  }
  if (field === 'include_internal' || field === 'only_missed' || field === 'only_unrecovered') {
    return (
      <Check
        label={say(field)}
        checked={filter[field] ?? false}
        onChange={(on) => set({ [field]: on || null })}
      />
    )
  }
  const given = choices?.[field]?.filter((one) => gone || !one.deleted || chosen.includes(one.id))
  const options: Option[] =
    field in CODES
      ? CODES[field as keyof typeof CODES].map((code) => ({
          id: code,
          name: term(`${GROUPS[field as keyof typeof GROUPS]}.${code}`),
        }))
      : occurs(field)
        ? (occurring?.[field] ?? []).map((one) =>
            typeof one === 'string' ? { id: one, name: one } : { id: one.id, name: one.name },
          )
        : optionsOf(given)
  if (!(field in CODES) && !options.length && !chosen.length) return null
  return (
    <Many
      label={say(field)}
      options={options}
      chosen={chosen}
      onChange={(all) => set({ [field]: all.length ? all : null })}
    >
      {lasting ? <Check label={say('show_deleted')} checked={gone} onChange={setGone} /> : null}
    </Many>
  )
}

export function FilterBar({
  filtered,
  fields = ['users', 'teams', 'numbers'],
  more = [],
  meta,
  period = true,
}: BarProps) {
  const say = useWords('filter')
  const hidden = more.filter((field) => filtered.filter[field as keyof Filter] === undefined)
  const shown = [...fields, ...more.filter((field) => !hidden.includes(field))]
  return (
    <div class="filter-bar no-print" role="search" aria-label={say('filters')}>
      {period ? (
        <Period filtered={filtered} meta={meta} key={`${filtered.filter.from}${filtered.filter.to}`} />
      ) : null}
      {shown.map((field) => (
        <BarPart key={field} field={field} filtered={filtered} />
      ))}
      {hidden.length ? (
        <Menu
          button={
            <>
              <ListFilter size={16} aria-hidden="true" /> {say('more')}
            </>
          }
        >
          {() => (
            <div class="tight">
              {hidden.map((field) => (
                <BarPart key={field} field={field} filtered={filtered} />
              ))}
            </div>
          )}
        </Menu>
      ) : null}
      {filtered.narrowed ? (
        <button type="button" class="quiet" onClick={filtered.clear}>
          <X size={16} aria-hidden="true" /> {say('reset')}
        </button>
      ) : null}
    </div>
  )
}
