// What became of the rings at each person: attempts, not calls (features.md R28; demands.md D70).
import { type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card, Figure, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Bar, type TabProps } from './bar'
import { EVERY } from './measure'
import { PersonName } from './profile'

type Row = Schemas['RingRow']
const COUNTS = ['rung', 'answered', 'missed', 'declined', 'elsewhere', 'short'] as const

export function Rings({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const kit = useWords('kit')
  const format = useFormat()
  const [elsewhere, setElsewhere] = useParameter('elsewhere')
  const answer = useAnswer(
    '/v1/analytics/rings',
    { params: { query: { ...filtered.filter, include_elsewhere: elsewhere === 'true' } } },
    { every: EVERY },
  )
  return (
    <>
      <Bar filtered={filtered} meta={answer.data?.meta} />
      <Card
        title={say('rings.title')}
        about={answer.data ? say('rings.about', { seconds: answer.data.threshold_s }) : undefined}
        tools={
          <Check
            label={say('rings.include')}
            checked={elsewhere === 'true'}
            onChange={(on) => setElsewhere(on ? 'true' : null)}
          />
        }
      >
        <Answered query={answer} lines={10}>
          {(data) => {
            const count = (id: (typeof COUNTS)[number]): Column<Row> => ({
              id,
              title: say(`rings.${id}`),
              end: true,
              cell: (row) => format.count(row[id]),
              foot: format.count(data.total[id]),
            })
            const calls = (row: Row) => (
              <Figure
                value={{ ...row.missed_rings, value: row.missed_calls, n: row.missed_calls }}
                filter={data.meta.filter}
                drill={row.drill}
              />
            )
            return (
              <>
                <Table
                  label={say('rings.title')}
                  rows={data.rows}
                  rowKey={(row) => row.person.user_id || row.kind}
                  rowClass={(row) => (row.person.deleted ? 'gone' : undefined)}
                  empty={<Empty inline title={say('rings.none')} />}
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
                        ) : (
                          say('rings.others')
                        ),
                      foot: kit('total'),
                    },
                    ...COUNTS.map(count),
                    {
                      id: 'rate',
                      title: <MetricName id="agent_missed_ring_rate" />,
                      end: true,
                      cell: (row) => format.share(row.missed_rate.value),
                      foot: format.share(data.total.missed_rate.value),
                    },
                    {
                      id: 'calls',
                      title: say('rings.calls'),
                      end: true,
                      cell: calls,
                      foot: calls(data.total),
                    },
                  ]}
                />
                <div class="chart-note">
                  <MetaLine meta={data.meta} />
                </div>
              </>
            )
          }}
        </Answered>
      </Card>
    </>
  )
}
