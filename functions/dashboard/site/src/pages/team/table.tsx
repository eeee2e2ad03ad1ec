// One row per person, one for what belongs to nobody, and the total (features.md O11, O12; demands.md D24, D32).
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { drillTo } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Many } from '../../kit/choices'
import { Card, Figure, MetaLine, MetricHint } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import type { Metric, MetricId } from '../../kit/metrics'
import { Hint } from '../../kit/overlay'
import { Answered } from '../../kit/states'
import { type Column, type Sorting, Table } from '../../kit/table'
import { useFieldNames, useTerms, useWords } from '../../words'
import { Bar, type TabProps } from './bar'
import { Cell, EVERY, useCharted, useDrills } from './measure'
import { PersonName } from './profile'

type Member = Schemas['Member']

export const COLUMNS: readonly MetricId[] = [
  'calls_made',
  'calls_received',
  'calls_answered',
  'calls_missed',
  'talk_s',
  'messages_sent',
  'messages_received',
]

/** The metrics that are chosen as columns, in the address; the usual ones when nothing is. */
export function useColumns(usual: readonly MetricId[]): [MetricId[], (ids: string[]) => void] {
  const [said, say] = useParameter('columns')
  const ids = said ? (said.split(',') as MetricId[]) : [...usual]
  return [ids, (next) => say(next.length ? next.join(',') : null)]
}

export function useSorting(usual: Sorting): [Sorting, (sorting: Sorting) => void] {
  const [said, say] = useParameter('sort')
  const [by, order] = said.split('.')
  const sorting: Sorting = by && (order === 'asc' || order === 'desc') ? { by, order } : usual
  return [sorting, (next) => say(`${next.by}.${next.order}`)]
}

export function ColumnChoice({
  chosen,
  onChange,
  offered = () => true,
}: {
  chosen: MetricId[]
  onChange: (ids: string[]) => void
  /** Metrics that the table can have. */
  offered?: (metric: Metric) => boolean
}) {
  const say = useWords('team')
  const name = useFieldNames()
  const charted = useCharted()
  return (
    <Many
      label={say('table.columns')}
      options={charted.filter(offered).map((metric) => ({ id: metric.id, name: name(metric.id) }))}
      chosen={chosen}
      none={say('table.columns.usual')}
      onChange={onChange}
    />
  )
}

export function TeamTable({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const name = useFieldNames()
  const kit = useWords('kit')
  const { filter } = filtered
  const [columns, setColumns] = useColumns(COLUMNS)
  const [sorting, setSorting] = useSorting({ by: 'name', order: 'asc' })
  const byMetric = columns.some((id) => id === sorting.by)
  const drill = useDrills(filter, columns)
  const answer = useAnswer(
    '/v1/analytics/team',
    {
      params: {
        query: {
          ...filter,
          metrics: columns,
          ...(byMetric ? { sort: sorting.by, order: sorting.order } : {}),
        },
      },
    },
    { every: EVERY },
  )
  return (
    <>
      <Bar filtered={filtered} meta={answer.data?.meta} />
      <Card
        title={
          <>
            {say('table.title')} <Hint about={say('table.rule.name')}>{say('table.rule')}</Hint>
          </>
        }
        tools={<ColumnChoice chosen={columns} onChange={setColumns} />}
      >
        <Answered query={answer} lines={12}>
          {(data) => {
            const measured = (id: MetricId): Column<Member> => {
              const at = data.metrics.indexOf(id)
              const total = data.total[at]
              return {
                id,
                title: name(id),
                about: <MetricHint id={id} />,
                end: true,
                sorts: true,
                cell: (row) => (
                  <Cell value={row.values[at]} filter={data.meta.filter} metric={drill(id)} row={row.drill} />
                ),
                foot: total ? <Figure value={total} filter={data.meta.filter} drill={drill(id)} /> : '',
              }
            }
            // By name the API's order has deleted people last; the other way round is the same list, backwards.
            const rows =
              !byMetric && sorting.order === 'desc'
                ? [
                    ...data.members.filter((row) => row.key && !row.deleted).reverse(),
                    ...data.members.filter((row) => row.key && row.deleted).reverse(),
                    ...data.members.filter((row) => !row.key),
                  ]
                : data.members
            return (
              <div class="stack measures">
                <Table
                  label={say('table.title')}
                  rows={rows}
                  rowKey={(row) => row.key || 'unassigned'}
                  rowClass={(row) => (row.deleted ? 'gone' : row.key ? undefined : 'nobody')}
                  sorting={byMetric ? sorting : { by: 'name', order: sorting.order }}
                  onSort={setSorting}
                  columns={[
                    {
                      id: 'name',
                      title: say('table.person'),
                      names: true,
                      sorts: true,
                      cell: (row) =>
                        row.key ? (
                          <PersonName
                            userId={row.key}
                            name={row.name}
                            deleted={row.deleted}
                            onOpen={onOpen}
                          />
                        ) : (
                          kit('unassigned')
                        ),
                      foot: kit('total'),
                    },
                    ...data.metrics.map(measured),
                  ]}
                />
                <Unassigned table={data} />
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

/** Why calls have nobody, and why talk by leg is not talk of calls (demands.md D24, D32). */
function Unassigned({ table }: { table: Schemas['TeamTable'] }) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  const reasons = Object.entries(table.unassigned)
  const told = table.reconciliation
  return (
    <div class="tight small-text faint">
      {reasons.length ? (
        <p>
          {say('table.unassigned')}{' '}
          {reasons.map(([reason, count], at) => (
            <span key={reason}>
              {at ? ', ' : ''}
              {term(`unattributed.${reason}`)}{' '}
              <Link
                href={drillTo(table.meta.filter, {
                  channels: ['call'],
                  unattributed: [reason],
                  without_spam: true,
                })}
              >
                {format.count(count)}
              </Link>
            </span>
          ))}
        </p>
      ) : null}
      {told.difference_s ? (
        <p>
          {say('table.legs', {
            legs: format.seconds(told.talk_by_leg_s),
            calls: format.seconds(told.talk_of_calls_s),
            moved: told.calls_transferred,
          })}
        </p>
      ) : null}
    </div>
  )
}

/** Whether all of a list is shown, for lists that begin short. */
export function useMore(): [boolean, () => void] {
  const [all, setAll] = useState(false)
  return [all, () => setAll(!all)]
}
