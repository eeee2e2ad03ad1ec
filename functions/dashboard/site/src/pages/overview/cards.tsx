// The cards of figures: groups, the viewer's own choice, targets, and the colour of long waits.
import { SlidersHorizontal } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { type Schemas, useAnswer } from '../../ask'
import type { Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Kpi, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import type { MetricId } from '../../kit/metrics'
import { Dialog } from '../../kit/overlay'
import { Problem } from '../../kit/states'
import { useSession } from '../../session'
import { useFieldNames, useWords } from '../../words'
import { MetricGoal } from './goal'
import { GROUPS, type Group, METRICS, orderedChoice, readChoice, shownOf, USUAL } from './groups'
import { EVERY } from './widget'

const FLAG: Record<string, '' | 'warn' | 'bad'> = { amber: 'warn', red: 'bad' }
const WAITS: readonly string[] = ['asa_s', 'average_wait_s']

/** Amber and red waits (features.md N25): the mean of answered calls as the API flags it, the other by its limits. */
function toneOf(metric: string, value: number, waits: Schemas['Waits'] | undefined): '' | 'warn' | 'bad' {
  if (!waits || !WAITS.includes(metric)) return ''
  if (metric === 'asa_s') return FLAG[waits.answered.flag ?? ''] ?? ''
  return value > waits.red_s ? 'bad' : value > waits.amber_s ? 'warn' : ''
}

function Frame({ id }: { id: string }) {
  return (
    <section class="card kpi" data-metric={id} aria-busy="true">
      <div class="name">
        <MetricName id={id} />
      </div>
      <div class="skeleton" aria-hidden="true">
        <span class="skeleton-figure" />
        <span class="skeleton-under" />
      </div>
    </section>
  )
}

function Choice({
  chosen,
  onSave,
  onClose,
}: {
  chosen: readonly MetricId[]
  onSave: (chosen: readonly MetricId[]) => void
  onClose: () => void
}) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const name = useFieldNames()
  const [marked, mark] = useState(new Set<string>(chosen))
  const toggle = (id: string) => {
    const next = new Set(marked)
    if (!next.delete(id)) next.add(id)
    mark(next)
  }
  return (
    <Dialog
      kind="wide"
      title={say('choose')}
      onClose={onClose}
      foot={
        <>
          <button type="button" class="quiet" onClick={() => mark(new Set(USUAL))}>
            {say('usual')}
          </button>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!marked.size}
            onClick={() => onSave(orderedChoice(marked))}
          >
            {kit('save')}
          </button>
        </>
      }
    >
      <p class="faint">{say('choose.why')}</p>
      <div class="grid card-choice">
        {(['calls', 'messages', 'service', 'recovery'] as const).map((group) => (
          <fieldset key={group}>
            <legend>{say(`group.${group}`)}</legend>
            {METRICS[group].map((id) => (
              <label key={id}>
                <input type="checkbox" checked={marked.has(id)} onChange={() => toggle(id)} />
                <span>{name(id)}</span>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </Dialog>
  )
}

export function Cards({ filter }: { filter: Filter }) {
  const say = useWords('overview')
  const format = useFormat()
  const { me } = useSession()
  const kept = `ringlake.cards.${me.workspace.id}.${me.user.id}`
  const [chosen, choose] = useState(() => readChoice(localStorage.getItem(kept)))
  const [choosing, setChoosing] = useState(false)
  const [asked, show] = useParameter('cards', 'mine')
  const group: Group = GROUPS.find((one) => one === asked) ?? 'mine'
  const metrics = shownOf(group, chosen)
  const answer = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: [...metrics] } } },
    { every: EVERY },
  )
  const progress = useAnswer('/v1/targets/progress', { params: { query: { ...filter } } }, { every: EVERY })
  const slow = metrics.some((id) => WAITS.includes(id))
  const waits = useAnswer(
    '/v1/analytics/waits',
    { params: { query: { ...filter } } },
    { every: EVERY, enabled: slow },
  )
  const found = new Map(answer.data?.metrics.map((one) => [one.value.metric, one]))
  const before = answer.data?.previous
  return (
    <section class="stack overview-cards" aria-label={say('figures')}>
      <div class="spread">
        <div class="switch groups no-print" role="group" aria-label={say('figures')}>
          {GROUPS.map((one) => (
            <button type="button" key={one} aria-pressed={one === group} onClick={() => show(one)}>
              {say(`group.${one}`)}
            </button>
          ))}
        </div>
        <div class="row">
          {before ? (
            <span class="faint small-text">
              {say('compared', {
                from: format.day(before.from_date, { day: 'numeric', month: 'short' }),
                to: format.day(before.to_date, { day: 'numeric', month: 'short' }),
              })}
            </span>
          ) : null}
          {group === 'mine' ? (
            <button type="button" class="small no-print" onClick={() => setChoosing(true)}>
              <SlidersHorizontal size={14} aria-hidden="true" /> {say('choose')}
            </button>
          ) : null}
        </div>
      </div>
      {answer.error && !answer.data ? (
        <Problem error={answer.error} retry={() => void answer.refetch()} />
      ) : (
        <div class={answer.isPlaceholderData ? 'kpis stale' : 'kpis'}>
          {metrics.map((id) => {
            const compared = found.get(id)
            if (!compared || !answer.data) return <Frame key={id} id={id} />
            return (
              <Kpi
                key={id}
                compared={compared}
                filter={answer.data.meta.filter}
                tone={toneOf(id, Number(compared.value.value ?? 0), waits.data)}
              >
                <MetricGoal progress={progress.data} metric={id} teams={filter.teams} />
              </Kpi>
            )
          })}
        </div>
      )}
      {choosing ? (
        <Choice
          chosen={chosen}
          onClose={() => setChoosing(false)}
          onSave={(next) => {
            localStorage.setItem(kept, next.join(' '))
            choose(next)
            setChoosing(false)
          }}
        />
      ) : null}
    </section>
  )
}
