// One person in a drawer: who it is, and what they did today or in the last 3 or 7 days (features.md R22-R37).
import { ListTree } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { type Drill, drillTo } from '../../filter/filter'
import { Chart } from '../../kit/chart'
import { Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useMetrics } from '../../kit/metrics'
import { Drawer, Hint } from '../../kit/overlay'
import { Fact, Facts, Phone } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { Table } from '../../kit/table'
import { useTerms, useWords } from '../../words'
import { STATUSES, StatusBar, Strip } from './strip'
import './profile.css'

type Profile = Schemas['Profile']
type Period = Schemas['ProfilePeriod']
const PERIODS: readonly Period[] = ['today', 'last_3_days', 'last_7_days']

export function ProfileDrawer({ userId, onClose }: { userId: string; onClose: () => void }) {
  const say = useWords('team')
  const filter = useWords('filter')
  const kit = useWords('kit')
  const [period, setPeriod] = useState<Period>('today')
  const answer = useAnswer(
    '/v1/people/{id}/profile',
    { params: { path: { id: userId }, query: { period } } },
    { every: 60_000 },
  )
  const person = answer.data?.identity.person
  return (
    <Drawer
      title={
        <>
          {person?.name ?? say('profile.loading')}
          {person?.deleted ? <span class="faint"> ({kit('deleted')})</span> : null}
        </>
      }
      onClose={onClose}
    >
      <div class="stack profile">
        <Switch
          label={say('profile.period')}
          options={PERIODS.map((id) => ({ id, name: filter(`preset.${id}`) }))}
          chosen={period}
          onChange={setPeriod}
        />
        <Answered query={answer} lines={14}>
          {(profile) => <Blocks profile={profile} key={profile.period} />}
        </Answered>
      </div>
    </Drawer>
  )
}

function Blocks({ profile }: { profile: Profile }) {
  const say = useWords('team')
  return (
    <div class="stack">
      <Identity identity={profile.identity} />
      <Calls profile={profile} />
      <section class="tight">
        <h3>{say('profile.status')}</h3>
        <Statuses profile={profile} />
      </section>
      <CallsByDay profile={profile} />
      {profile.statuses ? <StatusByDay profile={profile} /> : null}
      <Timeline profile={profile} />
      <div class="chart-note">
        <MetaLine meta={profile.meta} />
      </div>
    </div>
  )
}

function Identity({ identity }: { identity: Profile['identity'] }) {
  const say = useWords('team')
  const format = useFormat()
  const linked = (since: string | null, until: string | null): string =>
    since && until
      ? say('profile.linked', { from: format.at(since), until: format.at(until) })
      : since
        ? say('profile.linked_since', { from: format.at(since) })
        : until
          ? say('profile.linked_until', { until: format.at(until) })
          : ''
  const connections = [...new Set(identity.accounts.map((one) => one.connection))]
  return (
    <section class="tight">
      <div class="row">
        {identity.teams.map((team) => (
          <span class="tag" key={team.team_id}>
            {team.name}
          </span>
        ))}
        {identity.teams.length ? null : <span class="faint">{say('profile.no_team')}</span>}
      </div>
      <h3 class="unseen">{say('profile.identity')}</h3>
      {identity.accounts.length || identity.numbers.length ? (
        <Facts>
          {connections.map((connection) => {
            const own = identity.accounts.filter((one) => one.connection === connection)
            return (
              <Fact key={connection} name={own[0]?.connection_name || connection}>
                <span class="row accounts">
                  {own.map((one) => (
                    <span key={`${one.account}${one.since}`}>
                      <code>{one.account}</code>{' '}
                      <span class="faint small-text">{linked(one.since, one.until)}</span>
                    </span>
                  ))}
                </span>
              </Fact>
            )
          })}
          {identity.numbers.length ? (
            <Fact name={say('profile.numbers')}>
              <span class="row accounts">
                {identity.numbers.map((one) => (
                  <span key={one.number_id}>
                    <Phone number={one.number} /> <span class="faint small-text">{one.name}</span>
                  </span>
                ))}
              </span>
            </Fact>
          ) : null}
        </Facts>
      ) : (
        <p class="faint">{say('profile.no_accounts')}</p>
      )}
    </section>
  )
}

/** The filter of a count's rows: the person and period as the API links them, and the metric's own filter. */
function useLog(profile: Profile): (count: Count, day?: string) => string | null {
  const metrics = useMetrics()
  return (count, day) => {
    const on: Drill | null = day ? { from: day, to: day } : null
    if (count === 'missed') {
      return profile.missed_link && !day ? drillTo(profile.missed_link) : null
    }
    const drill = metrics.get(METRICS[count])?.drill
    return drill ? drillTo(profile.link, drill, on) : null
  }
}

const METRICS = {
  handled: 'calls_answered',
  incoming: 'calls_answered_inbound',
  outgoing: 'calls_connected',
  missed: 'missed_by_person',
} as const
type Count = keyof typeof METRICS

function Linked({ value, to }: { value: number; to: string | null }) {
  const format = useFormat()
  const text = format.count(value)
  return <span class="number">{to && value ? <Link href={to}>{text}</Link> : text}</span>
}

function Calls({ profile }: { profile: Profile }) {
  const say = useWords('team')
  const format = useFormat()
  const log = useLog(profile)
  const { calls } = profile
  return (
    <section class="tight">
      <div class="spread">
        <h3>{say('profile.calls')}</h3>
        <Link class="button small" href={drillTo(profile.link)}>
          <ListTree size={15} aria-hidden="true" /> {say('profile.log')}
        </Link>
      </div>
      <div class="profile-tiles">
        <div class="profile-tile wide">
          <span class="name">
            {say('profile.handled')}
            <Hint about={say('profile.handled')}>{say('profile.handled.about')}</Hint>
          </span>
          <span class="figure" data-metric="handled">
            <Linked value={calls.handled} to={log('handled')} />
          </span>
          <span class="faint small-text">
            {say('profile.incoming')} <Linked value={calls.incoming} to={log('incoming')} /> ·{' '}
            {say('profile.outgoing')} <Linked value={calls.outgoing} to={log('outgoing')} />
          </span>
          <span class="faint small-text">
            {say('profile.outgoing_unanswered')}{' '}
            <span class="number">{format.count(calls.outgoing_unanswered)}</span>
          </span>
        </div>
        <div class="profile-tile">
          <span class="name">
            {say('profile.missed')}
            <Hint about={say('profile.missed')}>
              {say('profile.missed.about', { seconds: profile.missed_ring_s })}
            </Hint>
          </span>
          <span class="figure" data-metric="missed">
            <Linked value={calls.missed} to={log('missed')} />
          </span>
        </div>
        <div class="profile-tile">
          <span class="name">{say('profile.talk')}</span>
          <span class="figure">{format.seconds(profile.talk_s)}</span>
        </div>
        <div class="profile-tile">
          <span class="name">{say('profile.average_talk')}</span>
          <span class="figure">{format.seconds(profile.average_talk.value)}</span>
        </div>
        <div class="profile-tile">
          <span class="name">{say('profile.average_answer')}</span>
          <span class="figure">{format.seconds(profile.average_answer.value)}</span>
        </div>
      </div>
    </section>
  )
}

function Statuses({ profile }: { profile: Profile }) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  const { statuses } = profile
  if (!statuses) return <p class="faint">{say('profile.status.none')}</p>
  return (
    <>
      <StatusBar statuses={statuses} unknown_s={profile.unknown_s} />
      <ul class="status-list">
        {STATUSES.map((status) => (
          <li key={status} data-status={status} data-seconds={statuses[`${status}_s`]}>
            <i class={`team-swatch status-${status}`} aria-hidden="true" /> {term(`presence.${status}`)}{' '}
            <b class="number">{format.seconds(statuses[`${status}_s`])}</b>
          </li>
        ))}
        {profile.unknown_s ? (
          <li>
            <i class="team-swatch status-unknown" aria-hidden="true" /> {say('profile.unknown')}{' '}
            <b class="number">{format.seconds(profile.unknown_s)}</b>
          </li>
        ) : null}
      </ul>
      <p class="faint small-text">
        {say('profile.status.sum', {
          known: format.seconds(profile.known_s),
          elapsed: format.seconds(profile.elapsed_s),
        })}
      </p>
    </>
  )
}

const BARS = [
  ['incoming', 'var(--outcome-answered)'],
  ['outgoing', 'var(--series-3)'],
  ['missed', 'var(--outcome-no_answer)'],
] as const

const SHORT = { weekday: 'short', day: 'numeric', month: 'short' } as const
const SHORTEST = { weekday: 'short', day: 'numeric' } as const

function CallsByDay({ profile }: { profile: Profile }) {
  const say = useWords('team')
  const format = useFormat()
  const log = useLog(profile)
  const [, go] = useLocation()
  const option = useMemo(
    () => ({
      legend: {},
      xAxis: { type: 'category' as const, data: profile.days.map((day) => format.day(day.date, SHORTEST)) },
      yAxis: { type: 'value' as const, minInterval: 1 },
      series: BARS.map(([count, color]) => ({
        type: 'bar' as const,
        name: say(`profile.${count}`),
        stack: 'calls',
        barMaxWidth: 44,
        itemStyle: { color },
        data: profile.days.map((day) => day.calls[count]),
      })),
    }),
    [profile, say, format],
  )
  return (
    <section class="tight">
      <h3>{say('profile.calls_by_day')}</h3>
      <Chart
        option={option}
        label={say('profile.calls_by_day')}
        height={200}
        table={{
          columns: [say('profile.day'), ...BARS.map(([count]) => say(`profile.${count}`))],
          rows: profile.days.map((day) => [
            format.day(day.date, SHORT),
            ...BARS.map(([count]) => day.calls[count]),
          ]),
        }}
        onPick={({ dataIndex, seriesIndex }) => {
          const count = BARS[seriesIndex]?.[0]
          const to = count ? log(count, profile.days[dataIndex]?.date) : null
          if (to) go(to)
        }}
      />
      <details>
        <summary>{say('profile.details')}</summary>
        <Table
          label={say('profile.details')}
          rows={profile.days}
          rowKey={(day) => day.date}
          columns={[
            {
              id: 'day',
              title: say('profile.day'),
              names: true,
              cell: (day) => format.day(day.date, SHORT),
            },
            ...(['handled', 'incoming', 'outgoing'] as const).map((count) => ({
              id: count,
              title: say(`profile.${count}`),
              end: true,
              cell: (day: Schemas['ProfileDay']) => (
                <Linked value={day.calls[count]} to={log(count, day.date)} />
              ),
            })),
            ...(['outgoing_unanswered', 'missed'] as const).map((count) => ({
              id: count,
              title: say(`profile.${count}`),
              end: true,
              cell: (day: Schemas['ProfileDay']) => format.count(day.calls[count]),
            })),
            {
              id: 'talk',
              title: say('profile.talk'),
              end: true,
              cell: (day) => format.seconds(day.talk_s),
            },
          ]}
        />
      </details>
    </section>
  )
}

function StatusByDay({ profile }: { profile: Profile }) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  const option = useMemo(
    () => ({
      legend: {},
      tooltip: { valueFormatter: (value: unknown) => format.seconds(value as number) },
      xAxis: { type: 'category' as const, data: profile.days.map((day) => format.day(day.date, SHORTEST)) },
      yAxis: {
        type: 'value' as const,
        interval: 6 * 3600,
        max: Math.max(...profile.days.map((day) => day.length_s)),
        axisLabel: { formatter: (seconds: number) => format.seconds(seconds).replace(/:00$/, '') },
      },
      series: STATUSES.map((status) => ({
        type: 'bar' as const,
        name: term(`presence.${status}`),
        stack: 'statuses',
        barMaxWidth: 44,
        itemStyle: { color: `var(--status-${status})` },
        data: profile.days.map((day) => day.statuses?.[`${status}_s`] ?? null),
      })),
    }),
    [profile, term, format],
  )
  return (
    <section class="tight">
      <h3>{say('profile.status_by_day')}</h3>
      <Chart
        option={option}
        label={say('profile.status_by_day')}
        height={220}
        table={{
          columns: [say('profile.day'), ...STATUSES.map((status) => term(`presence.${status}`))],
          rows: profile.days.map((day) => [
            format.day(day.date, SHORT),
            ...STATUSES.map((status) => format.seconds(day.statuses?.[`${status}_s`])),
          ]),
        }}
      />
    </section>
  )
}

function Timeline({ profile }: { profile: Profile }) {
  const say = useWords('team')
  const format = useFormat()
  const [chosen, choose] = useState(profile.timeline.date)
  const own = chosen === profile.timeline.date
  const other = useAnswer(
    '/v1/analytics/presence/timeline',
    { params: { query: { user: profile.identity.person.user_id, day: chosen } } },
    { enabled: !own },
  )
  const strip = own ? profile.timeline : other.data?.strip
  return (
    <section class="tight">
      <div class="spread">
        <h3>{say('profile.timeline')}</h3>
        {profile.days.length > 1 ? (
          <select
            aria-label={say('profile.timeline.day')}
            value={chosen}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {profile.days.map((day) => (
              <option key={day.date} value={day.date}>
                {format.day(day.date, { weekday: 'long', day: 'numeric', month: 'long' })}
              </option>
            ))}
          </select>
        ) : null}
      </div>
      {strip ? (
        <Strip strip={strip} name={profile.identity.person.name} key={strip.date} />
      ) : (
        <Answered query={other} lines={1}>
          {() => null}
        </Answered>
      )}
    </section>
  )
}

/** A person's name that opens the profile. */
export function PersonName({
  userId,
  name,
  deleted,
  onOpen,
}: {
  userId: string
  name: string
  deleted?: boolean
  onOpen: (userId: string) => void
}) {
  const kit = useWords('kit')
  return (
    <>
      <button type="button" class="link person" onClick={() => onOpen(userId)}>
        {name || userId}
      </button>
      {deleted ? <span class="small-text"> ({kit('deleted')})</span> : null}
    </>
  )
}
