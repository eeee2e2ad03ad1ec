// All key figures by business number, queue, source or campaign (features.md O25, N14).
import { GitCompareArrows } from 'lucide-preact'
import { type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import type { Filtered } from '../../filter/useFilter'
import { Card, Figure, MetaLine, MetricHint } from '../../kit/figures'
import { type MetricId, useMetrics } from '../../kit/metrics'
import { Phone } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, type Sorting, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useFieldNames, useWords } from '../../words'
import { Cell, EVERY, useDrills } from '../team/measure'
import { ColumnChoice } from '../team/table'

export type By = 'number' | 'queue' | 'source' | 'campaign'
type Part = Schemas['Part']

/** The key figures of features.md O1 to O10, N19 to N27; what the viewer may not see is left out by the API. */
export const KPIS: readonly MetricId[] = [
  'calls_received',
  'calls_made',
  'calls_answered',
  'calls_missed',
  'missed_rate',
  'answer_rate',
  'service_level',
  'asa_s',
  'talk_s',
  'average_talk_s',
  'messages_received',
  'messages_sent',
  'unique_conversations',
  'anonymous_interactions',
  'short_abandons',
  'closed_hours_calls',
  'connect_rate',
  'recovery_rate',
  'delivery_rate',
  'spend',
  'cost_coverage',
]

/** Texts have neither queue nor source. */
const OF_CALLS: readonly By[] = ['queue', 'source']

/** Whether there are rows behind a value. */
const counts = (value: Schemas['Value']): boolean => Number(value.n ?? 0) > 0

/** Whether a metric can be split so. */
export function useOffered(by: By): (id: string) => boolean {
  const metrics = useMetrics()
  return (id) => {
    const metric = metrics.get(id)
    return metric !== undefined && (!OF_CALLS.includes(by) || metric.grain === 'call')
  }
}

interface SplitProps {
  by: By
  filtered: Filtered
  columns: MetricId[]
  setColumns: (ids: string[]) => void
  sorting: Sorting
  setSorting: (sorting: Sorting) => void
  onCompare?: (id: string) => void
}

export function NumbersBar({ filtered, meta }: { filtered: Filtered; meta?: Schemas['Meta'] }) {
  const { may } = useSession()
  return (
    <FilterBar
      filtered={filtered}
      meta={meta}
      fields={may('view_all_calls') ? ['numbers', 'teams'] : ['numbers']}
      more={[
        'users',
        'channels',
        'directions',
        'hours',
        'queues',
        'campaigns',
        'sources',
        'include_internal',
      ]}
    />
  )
}

export function Split({
  by,
  filtered,
  columns: wanted,
  setColumns,
  sorting,
  setSorting,
  onCompare,
}: SplitProps) {
  const say = useWords('numbers')
  const kit = useWords('kit')
  const name = useFieldNames()
  const { filter } = filtered
  const offered = useOffered(by)
  const columns = wanted.filter(offered)
  const sorted = columns.find((id) => id === sorting.by)
  const drill = useDrills(filter, columns)
  // Numbers that are gone are still told by their number.
  const choices = useAnswer('/v1/directory/choices', { params: { query: { deleted: true } } })
  const e164 = new Map(choices.data?.numbers.map((one) => [one.id, one.e164]))
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    {
      params: {
        query: {
          ...filter,
          metrics: columns,
          by,
          all: true,
          ...(sorted ? { sort: sorted, order: sorting.order } : {}),
        },
      },
    },
    { every: EVERY, enabled: columns.length > 0 },
  )
  return (
    <>
      <NumbersBar filtered={filtered} meta={answer.data?.meta} />
      <Card
        title={say(`title.${by}`)}
        about={say(`about.${by}`)}
        tools={
          <ColumnChoice chosen={columns} onChange={setColumns} offered={(metric) => offered(metric.id)} />
        }
      >
        <Answered query={answer} lines={10}>
          {(data) => {
            const measured = (id: MetricId): Column<Part> => {
              const at = data.metrics.indexOf(id)
              const total = data.total[at]
              return {
                id,
                title: name(id),
                about: <MetricHint id={id} />,
                end: true,
                sorts: true,
                cell: (part) => (
                  <Cell
                    value={part.values[at]}
                    filter={data.meta.filter}
                    metric={drill(id)}
                    row={part.drill}
                  />
                ),
                foot: total ? <Figure value={total} filter={data.meta.filter} drill={drill(id)} /> : '',
              }
            }
            return (
              <div class="measures">
                <Table
                  label={say(`title.${by}`)}
                  rows={data.parts.some((part) => part.key || part.values.some(counts)) ? data.parts : []}
                  rowKey={(part) => part.key || 'none'}
                  rowClass={(part) => (part.deleted ? 'gone' : part.key ? undefined : 'nobody')}
                  sorting={sorted ? sorting : undefined}
                  onSort={setSorting}
                  empty={<Empty inline title={say('empty')} />}
                  columns={[
                    {
                      id: 'name',
                      title: say(`name.${by}`),
                      names: true,
                      cell: (part) => (
                        <span class="number-name">
                          <span>
                            {part.key ? part.name || part.key : say(`none.${by}`)}
                            {part.deleted ? ` (${kit('deleted')})` : ''}
                            {onCompare && part.key ? (
                              <button
                                type="button"
                                class="quiet small no-print"
                                title={say('compare.this', { name: part.name })}
                                onClick={() => onCompare(part.key)}
                              >
                                <GitCompareArrows size={14} aria-hidden="true" />
                                <span class="unseen">{say('compare.this', { name: part.name })}</span>
                              </button>
                            ) : null}
                          </span>
                          {by === 'number' && e164.get(part.key) ? (
                            <span class="faint small-text">
                              <Phone number={e164.get(part.key) ?? ''} />
                            </span>
                          ) : null}
                        </span>
                      ),
                      foot: kit('total'),
                    },
                    ...data.metrics.map(measured),
                  ]}
                />
                <div class="chart-note">
                  <MetaLine meta={data.meta} />
                </div>
              </div>
            )
          }}
        </Answered>
      </Card>
    </>
  )
}
