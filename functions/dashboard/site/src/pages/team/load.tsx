// Each person's part of the calls and of the talk, and how busy they were (features.md N10, N11, N26).
import { type Schemas, useAnswer } from '../../ask'
import type { Drill } from '../../filter/filter'
import { Card, Figure, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import type { MetricId } from '../../kit/metrics'
import { Hint } from '../../kit/overlay'
import { Answered } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Bar, type TabProps } from './bar'
import { Cell, EVERY, useDrills } from './measure'
import { PersonName } from './profile'

type Row = Schemas['LoadRow']
type Value = Schemas['Value']

export function Load({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const kit = useWords('kit')
  const format = useFormat()
  const drill = useDrills(filtered.filter, ['calls_missed', 'calls_answered'])
  const answer = useAnswer('/v1/analytics/load', { params: { query: filtered.filter } }, { every: EVERY })
  return (
    <>
      <Bar filtered={filtered} meta={answer.data?.meta} />
      <Answered query={answer} lines={12}>
        {(data) => {
          const share = (id: 'calls_share' | 'talk_share'): Column<Row> => ({
            id,
            title: say(`load.${id}`),
            end: true,
            cell: (row) => <Share value={row[id]} />,
            foot: format.share(data.total[id].value, 0),
          })
          const seconds = (id: 'average_talk' | 'aht'): Column<Row> => ({
            id,
            title: say(id === 'aht' ? 'load.aht' : 'load.average'),
            end: true,
            cell: (row) => format.seconds(row[id].value),
            foot: format.seconds(data.total[id].value),
          })
          const part = (id: 'occupancy' | 'utilisation'): Column<Row> => ({
            id,
            title: <MetricName id={id} />,
            end: true,
            cell: (row) => format.share(row[id].value),
            foot: format.share(data.total[id].value),
          })
          return (
            <div class="stack measures">
              <div class="kpis">
                {[data.answer_delay, data.lost, data.availability].map((value) => (
                  <Plain
                    key={value.metric}
                    value={value}
                    filter={data.meta.filter}
                    drill={drill(value.metric)}
                  />
                ))}
              </div>
              <Card
                title={
                  <>
                    {say('load.title')} <Hint about={say('load.title')}>{say('load.note')}</Hint>
                  </>
                }
              >
                <Table
                  label={say('load.title')}
                  rows={data.rows}
                  rowKey={(row) => row.person.user_id || row.kind}
                  rowClass={(row) => (row.person.deleted ? 'gone' : undefined)}
                  columns={[
                    {
                      id: 'person',
                      title: say('table.person'),
                      names: true,
                      cell: (row) =>
                        row.kind === 'person' ? (
                          <PersonName
                            userId={row.person.user_id}
                            name={row.person.name}
                            deleted={row.person.deleted}
                            onOpen={onOpen}
                          />
                        ) : row.kind === 'others' ? (
                          say('load.others')
                        ) : (
                          kit('unassigned')
                        ),
                      foot: kit('total'),
                    },
                    {
                      id: 'calls',
                      title: say('load.calls'),
                      end: true,
                      cell: (row) => (
                        <Figure
                          value={counted(row, 'calls', row.calls)}
                          filter={data.meta.filter}
                          drill={row.drill}
                        />
                      ),
                      foot: (
                        <Figure
                          value={counted(data.total, 'calls', data.total.calls)}
                          filter={data.meta.filter}
                          drill={data.total.drill}
                        />
                      ),
                    },
                    share('calls_share'),
                    {
                      id: 'answered',
                      title: say('load.answered'),
                      end: true,
                      cell: (row) => (
                        <Cell
                          value={counted(row, 'calls_answered', row.answered)}
                          filter={data.meta.filter}
                          metric={drill('calls_answered')}
                          row={row.drill}
                        />
                      ),
                      foot: (
                        <Figure
                          value={counted(data.total, 'calls_answered', data.total.answered)}
                          filter={data.meta.filter}
                          drill={drill('calls_answered')}
                        />
                      ),
                    },
                    {
                      id: 'talk',
                      title: say('load.talk'),
                      end: true,
                      cell: (row) => format.seconds(row.talk_s),
                      foot: format.seconds(data.total.talk_s),
                    },
                    share('talk_share'),
                    seconds('average_talk'),
                    seconds('aht'),
                    part('occupancy'),
                    part('utilisation'),
                  ]}
                />
                <div class="chart-note">
                  <MetaLine meta={data.meta} />
                </div>
              </Card>
            </div>
          )
        }}
      </Answered>
    </>
  )
}

/** A count of a row as a value of its metric, so that it is written and linked like one. */
function counted(row: Row, metric: MetricId, count: number): Value {
  return { ...row.calls_share, metric, value: count, n: count }
}

function Share({ value }: { value: Value }) {
  const format = useFormat()
  return (
    <span class="load-share">
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${Math.min(1, Number(value.value ?? 0)) * 100}%` }} />
      </span>
      {format.share(value.value)}
    </span>
  )
}

/** A figure without the period before. */
function Plain({ value, filter, drill }: { value: Value; filter: Drill; drill: Drill | null }) {
  return (
    <section class="card kpi" data-metric={value.metric}>
      <div class="name">
        <MetricName id={value.metric} />
      </div>
      <div class="figure">
        <Figure value={value} filter={filter} drill={drill} />
      </div>
    </section>
  )
}
