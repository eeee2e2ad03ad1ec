// Who does how much: people ranked by a metric, and the teams beside them (features.md W19, W23, W27).
import { useState } from 'preact/hooks'
import { useAnswer } from '../../ask'
import { Card, Figure, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { type MetricId, useMetric } from '../../kit/metrics'
import { Answered, Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useFieldNames, useWords } from '../../words'
import { Bar, type TabProps, useMetricParameter } from './bar'
import { Cell, EVERY, MetricSelect, useDrills } from './measure'
import { PersonName } from './profile'
import { ranked } from './ranks'

const FIRST = 10

export function Ranking({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const kit = useWords('kit')
  const name = useFieldNames()
  const format = useFormat()
  const { filter } = filtered
  const [metric, setMetric] = useMetricParameter()
  const [all, setAll] = useState(false)
  const known = useMetric(metric)
  const drill = useDrills(filter, [metric])
  // The best stands first: of what is better low, the lowest.
  const order = known?.better === 'lower' ? 'asc' : 'desc'
  const answer = useAnswer(
    '/v1/analytics/team',
    { params: { query: { ...filter, metrics: [metric], sort: metric, order } } },
    { every: EVERY },
  )
  return (
    <>
      <Bar filtered={filtered} meta={answer.data?.meta} />
      <div class="grid ranking-grid">
        <Card
          title={say('ranking.title', { metric: name(metric) })}
          about={say('ranking.about')}
          tools={<MetricSelect chosen={metric} onChange={setMetric} />}
        >
          <Answered query={answer} lines={12}>
            {(data) => {
              const people = ranked(
                data.members.filter((one) => one.key),
                (one) => one.values[0]?.value,
              )
              const nobody = data.members.find((one) => !one.key)
              const shown = all ? people : people.slice(0, FIRST)
              return (
                <div class="stack">
                  {people.length ? (
                    <ol class="ranking">
                      {shown.map(({ row, place, share }) => (
                        <li key={row.key} class={row.deleted ? 'gone' : undefined} data-key={row.key}>
                          <span class="place number">{place ?? '–'}</span>
                          <span class="rank-name">
                            <PersonName
                              userId={row.key}
                              name={row.name}
                              deleted={row.deleted}
                              onOpen={onOpen}
                            />
                          </span>
                          <span class="bar" aria-hidden="true">
                            <span style={{ width: `${share * 100}%` }} />
                          </span>
                          <span class="value number">
                            <Cell
                              value={row.values[0]}
                              filter={data.meta.filter}
                              metric={drill(metric)}
                              row={row.drill}
                            />
                          </span>
                        </li>
                      ))}
                    </ol>
                  ) : (
                    <Empty inline title={say('ranking.nobody')} />
                  )}
                  {people.length > FIRST ? (
                    <button type="button" class="team-more no-print" onClick={() => setAll(!all)}>
                      {kit(all ? 'show_less' : 'show_all')} ({format.count(people.length)})
                    </button>
                  ) : null}
                  {nobody?.values[0] ? (
                    <p class="faint">
                      {kit('unassigned')}:{' '}
                      <Cell
                        value={nobody.values[0]}
                        filter={data.meta.filter}
                        metric={drill(metric)}
                        row={nobody.drill}
                      />
                      {' · '}
                      {kit('total')}:{' '}
                      {data.total[0] ? (
                        <Figure value={data.total[0]} filter={data.meta.filter} drill={drill(metric)} />
                      ) : null}
                    </p>
                  ) : null}
                  <div class="chart-note">
                    <MetaLine meta={data.meta} />
                  </div>
                </div>
              )
            }}
          </Answered>
        </Card>
        <ByTeam filtered={filtered} metric={metric} />
      </div>
    </>
  )
}

/** A row for each team and one for no team (features.md W23). */
function ByTeam({ filtered, metric }: { filtered: TabProps['filtered']; metric: MetricId }) {
  const say = useWords('team')
  const kit = useWords('kit')
  const format = useFormat()
  const drill = useDrills(filtered.filter, [metric])
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filtered.filter, metrics: [metric], by: 'team', all: true } } },
    { every: EVERY },
  )
  return (
    <Card title={say('by_team')} about={say('by_team.about')}>
      <Answered query={answer} lines={6}>
        {(data) => (
          <Table
            label={say('by_team')}
            rows={data.parts}
            rowKey={(part) => part.key || 'none'}
            rowClass={(part) => (part.deleted ? 'gone' : undefined)}
            columns={[
              {
                id: 'team',
                title: say('by_team.team'),
                names: true,
                cell: (part) => (
                  <>
                    {part.key ? part.name : say('by_team.none')}
                    {part.deleted ? ` (${kit('deleted')})` : ''}
                  </>
                ),
                foot: kit('total'),
              },
              {
                id: 'value',
                title: <MetricName id={metric} />,
                end: true,
                cell: (part) => (
                  <Cell
                    value={part.values[0]}
                    filter={data.meta.filter}
                    metric={drill(metric)}
                    row={part.drill}
                  />
                ),
                foot: data.total[0] ? (
                  <Figure value={data.total[0]} filter={data.meta.filter} drill={drill(metric)} />
                ) : (
                  ''
                ),
              },
              ...(data.parts.some((part) => part.share !== null)
                ? [
                    {
                      id: 'share',
                      title: say('by_team.share'),
                      end: true,
                      cell: (part: (typeof data.parts)[number]) => format.share(part.share),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Answered>
    </Card>
  )
}
