// The third tab: how fast texts are answered (features.md O45, O48).
import { useState } from 'preact/hooks'
import { type GetInit, type Schemas, useAnswer } from '../../ask'
import { useChoices } from '../../filter/bar'
import type { Drill, Filter } from '../../filter/filter'
import { drilled } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import { MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Drawer } from '../../kit/overlay'
import { Fact, Facts } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay } from '../../session'
import { useWords } from '../../words'
import { CallDrawer } from '../interactions/detail'
import { EVERY, Widget } from './widget'

type Times = Schemas['TextResponseTimes']
type Block = Schemas['TextBlock']
type Part = 'first' | 'next'
const WAYS = ['user', 'team', 'number'] as const
const PAGE = 50

/** Which blocks a number stands for: a question of /v1/analytics/responses/blocks. */
interface Asked {
  title: string
  drills: Drill[]
}

const TONES = { replied: 'good', late: 'warn', unanswered: 'bad' } as const

function useBlockColumns(): Column<Block>[] {
  const say = useWords('overview')
  const format = useFormat()
  const choices = useChoices()
  const users = new Map(choices?.users.map((one) => [one.id, one.name]))
  return [
    { id: 'at', title: say('text.at'), names: true, cell: (row) => format.at(row.started_at) },
    {
      id: 'person',
      title: say('person'),
      cell: (row) => (row.user_id ? (users.get(row.user_id) ?? row.user_id) : <span class="faint">–</span>),
    },
    {
      id: 'state',
      title: say('state'),
      cell: (row) => <span class={`tag ${TONES[row.state]}`}>{say(`text.${row.state}`)}</span>,
    },
    { id: 'clock', title: say('text.clock'), end: true, cell: (row) => format.seconds(row.clock_s) },
    { id: 'open', title: say('text.open'), end: true, cell: (row) => format.seconds(row.open_s) },
  ]
}

/** The texts behind a number. */
function Blocks({
  filter,
  by,
  asked,
  onClose,
}: {
  filter: Filter
  by: (typeof WAYS)[number]
  asked: Asked
  onClose: () => void
}) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const [shown, show] = useState(PAGE)
  const [message, open] = useState<string | null>(null)
  const query = { ...drilled(filter, ...asked.drills), by, limit: Math.min(shown, 500), skip: 0 }
  const blocks = useAnswer('/v1/analytics/responses/blocks', {
    params: { query },
  } as GetInit<'/v1/analytics/responses/blocks'>)
  const columns = useBlockColumns()
  return (
    <Drawer title={asked.title} onClose={onClose}>
      <Answered query={blocks} lines={10}>
        {(found) => (
          <div class="stack">
            <p class="faint">{say('text.blocks', { count: found.count })}</p>
            <Table
              label={asked.title}
              columns={columns}
              rows={found.rows}
              rowKey={(row) => `${row.part} ${row.message}`}
              onPick={(row) => open(row.message)}
            />
            {found.count > found.rows.length && shown < 500 ? (
              <button type="button" onClick={() => show(shown + 150)}>
                {kit('more')}
              </button>
            ) : null}
          </div>
        )}
      </Answered>
      {message ? <CallDrawer id={message} channel="message" onClose={() => open(null)} /> : null}
    </Drawer>
  )
}

function Side({
  part,
  times,
  found,
  onAsk,
}: {
  part: Part
  times: Times
  found: Schemas['TextResponses']
  onAsk: (asked: Asked) => void
}) {
  const say = useWords('overview')
  const format = useFormat()
  const title = say(`text.${part}`)
  const ask = (count: number, state?: 'replied' | 'late' | 'unanswered') =>
    count ? (
      <button
        type="button"
        class="link number"
        onClick={() =>
          onAsk({
            title: state ? `${title}: ${say(`text.${state}`)}` : title,
            drills: [times.drill, ...(state ? [{ state }] : [])],
          })
        }
      >
        {format.count(count)}
      </button>
    ) : (
      <span>{format.count(count)}</span>
    )
  return (
    <div class="stack" data-part={part}>
      <div>
        <h3>{title}</h3>
        <div class="big-figure">
          <span>{format.share(times.in_time.value)}</span>{' '}
          {times.passed === null ? null : (
            <span class={times.passed ? 'tag good' : 'tag bad'}>{say(times.passed ? 'met' : 'not_met')}</span>
          )}
        </div>
        <p class="faint">
          {say('text.in_time', {
            share: format.share(found.target_pct / 100, 0),
            time: format.seconds(found.threshold_s),
          })}
        </p>
      </div>
      <Facts>
        <Fact name={say('text.count')}>{ask(times.blocks)}</Fact>
        <Fact name={say('text.replied')}>
          {ask(times.replied, 'replied')}
          {times.by_call ? <span class="faint"> {say('text.by_call', { count: times.by_call })}</span> : null}
        </Fact>
        <Fact name={say('text.late')}>{ask(times.late, 'late')}</Fact>
        <Fact name={say('text.unanswered')}>
          {ask(times.unanswered, 'unanswered')}
          {times.oldest_s === null ? null : (
            <span class="faint"> {say('text.oldest', { time: format.seconds(times.oldest_s) })}</span>
          )}
        </Fact>
        <Fact name={<MetricName id={`text_${part}_response_s`} />}>
          {format.seconds(times.clock.value)}
          {times.clock.median === null ? null : (
            <span class="faint"> {say('waits.median', { time: format.seconds(times.clock.median) })}</span>
          )}
        </Fact>
        <Fact name={<MetricName id={`text_${part}_response_open_s`} />}>
          {format.seconds(times.open_hours.value)}
          {times.open_hours.median === null ? null : (
            <span class="faint">
              {' '}
              {say('waits.median', { time: format.seconds(times.open_hours.median) })}
            </span>
          )}
        </Fact>
        <Fact name={<MetricName id={`text_${part}_in_time_open`} />}>
          {format.share(times.in_time_open.value)}
        </Fact>
      </Facts>
    </div>
  )
}

export function ResponsesTab({ filter }: { filter: Filter }) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const format = useFormat()
  const leads = useMay('view_all_calls')
  const [askedBy, setBy] = useParameter('by', 'user')
  const by = WAYS.find((one) => one === askedBy) ?? 'user'
  const [asked, ask] = useState<Asked | null>(null)
  const [message, open] = useState<string | null>(null)
  const blockColumns = useBlockColumns()
  const answer = useAnswer(
    '/v1/analytics/responses',
    { params: { query: { ...filter, by } } },
    { every: EVERY },
  )
  const none = answer.data && !(answer.data.first.blocks + answer.data.next.blocks)
  return (
    <div class="stack">
      <Widget title={say('responses')} about={say('responses.about')} query={answer} height={340}>
        {(found) =>
          found.first.blocks + found.next.blocks ? (
            <>
              <div class="grid service">
                <Side part="first" times={found.first} found={found} onAsk={ask} />
                <Side part="next" times={found.next} found={found} onAsk={ask} />
              </div>
              <p class="chart-note">
                <MetaLine meta={found.meta} />
                {found.without_number ? (
                  <span>{say('text.without_number', { count: found.without_number })}</span>
                ) : null}
              </p>
            </>
          ) : (
            <Empty title={say('text.none')}>{say('text.none.why')}</Empty>
          )
        }
      </Widget>
      {none ? null : (
        <>
          <Widget
            title={say('responses.rows')}
            query={answer}
            height={240}
            tools={
              <Switch
                label={say('responses.rows')}
                options={WAYS.filter((way) => leads || way !== 'user').map((id) => ({
                  id,
                  name: say(`by.${id}`),
                }))}
                chosen={by}
                onChange={setBy}
              />
            }
          >
            {(found) => (
              <Table
                label={say('responses.rows')}
                rowKey={(row) => row.id}
                rows={found.rows.filter((row) => row.first.blocks + row.next.blocks)}
                columns={[
                  {
                    id: 'name',
                    title: say(`by.${found.by}`),
                    names: true,
                    cell: (row) => (row.id ? row.name : kit('unassigned')),
                  },
                  {
                    id: 'blocks',
                    title: say('text.short.count'),
                    end: true,
                    cell: (row) =>
                      row.first.blocks ? (
                        <button
                          type="button"
                          class="link number"
                          onClick={() =>
                            ask({
                              title: `${row.name || kit('unassigned')}: ${say('text.first')}`,
                              drills: [row.drill, row.first.drill],
                            })
                          }
                        >
                          {format.count(row.first.blocks)}
                        </button>
                      ) : (
                        '0'
                      ),
                  },
                  {
                    id: 'in_time',
                    title: say('text.in_time.short'),
                    end: true,
                    cell: (row) => format.share(row.first.in_time.value),
                  },
                  {
                    id: 'clock',
                    title: say('text.first_time'),
                    end: true,
                    cell: (row) => format.seconds(row.first.clock.value),
                  },
                  {
                    id: 'open',
                    title: say('text.first_time_open'),
                    end: true,
                    cell: (row) => format.seconds(row.first.open_hours.value),
                  },
                  {
                    id: 'late',
                    title: say('text.short.late'),
                    end: true,
                    cell: (row) => format.count(row.first.late),
                  },
                  {
                    id: 'unanswered',
                    title: say('text.short.unanswered'),
                    end: true,
                    cell: (row) => format.count(row.first.unanswered),
                  },
                  {
                    id: 'next',
                    title: say('text.next_in_time'),
                    end: true,
                    cell: (row) => format.share(row.next.in_time.value),
                  },
                ]}
              />
            )}
          </Widget>
          <Widget title={say('slowest')} about={say('slowest.about')} query={answer} height={240}>
            {(found) => (
              <Table
                label={say('slowest')}
                columns={blockColumns}
                rows={found.slowest}
                rowKey={(row) => row.message}
                onPick={(row) => open(row.message)}
                empty={<Empty inline title={say('slowest.none')} />}
              />
            )}
          </Widget>
        </>
      )}
      {asked ? (
        <Blocks key={asked.title} filter={filter} by={by} asked={asked} onClose={() => ask(null)} />
      ) : null}
      {message ? <CallDrawer id={message} channel="message" onClose={() => open(null)} /> : null}
    </div>
  )
}
