// The second tab: how fast calls are answered, what was promised, how long callers wait, and how many lines that takes.
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { drillTo, type Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import { Switch } from '../../kit/choices'
import { MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Select } from '../../kit/inputs'
import { Fact, Facts } from '../../kit/pieces'
import { Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useMay } from '../../session'
import { useAllWords, useTerms, useWords } from '../../words'
import { serviceGrid } from './cells'
import { HourGrid } from './grid'
import { clock } from './hours'
import { type LineWords, needsOption, needsTable, peaksOption, peaksTable } from './lines'
import { linkOf } from './links'
import { Shares } from './shares'
import { daysOf, type Step, stepsOf, usualStep } from './volume'
import { type WaitWords, waitsOption, waitsTable } from './waits'
import { EVERY, Widget } from './widget'

interface Props {
  filter: Filter
}

function Kept({ passed }: { passed: boolean | null }) {
  const say = useWords('overview')
  if (passed === null) return <span class="faint">–</span>
  return <span class={passed ? 'tag good' : 'tag bad'}>{say(passed ? 'met' : 'not_met')}</span>
}

const PART_COLORS: Record<string, string> = {
  answered_in_time: '--good',
  answered_late: '--warn',
  abandoned: '--outcome-caller_abandoned',
  short_abandon: '--outcome-outbound_aborted',
  voicemail: '--outcome-voicemail',
  timed_out: '--bad',
  callback_requested: '--outcome-busy',
}

const THRESHOLDS = ['', '10', '20', '30', '60', '120'] as const

function Service({ filter }: Props) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const format = useFormat()
  const [within, setWithin] = useParameter('within')
  const [askedBy, setBy] = useParameter('by', 'team')
  const by = (['team', 'queue', 'user'] as const).find((one) => one === askedBy) ?? 'team'
  const leads = useMay('view_all_calls')
  const asked = THRESHOLDS.find((one) => one === within) ?? ''
  const answer = useAnswer(
    '/v1/analytics/service',
    { params: { query: { ...filter, by, ...(asked ? { threshold_s: Number(asked) } : {}) } } },
    { every: EVERY },
  )
  const ways = [
    { id: 'team' as const, name: say('by.team') },
    { id: 'queue' as const, name: say('by.queue') },
    ...(leads ? [{ id: 'user' as const, name: say('by.user') }] : []),
  ]
  return (
    <>
      <Widget
        title={say('service')}
        about={say('service.about')}
        query={answer}
        height={300}
        tools={
          <Select
            label={<span class="unseen">{say('within')}</span>}
            value={asked}
            options={THRESHOLDS.map((id) => ({
              id,
              name: id ? say('within.s', { time: format.seconds(Number(id)) }) : say('within.promised'),
            }))}
            onChange={(next) => setWithin(next || null)}
          />
        }
      >
        {(found) => {
          const { overall, promised } = found
          const offered = found.parts.reduce((sum, part) => sum + part.count, 0)
          return (
            <div class="grid service">
              <div class="stack">
                <div data-metric="service_level">
                  <div class="big-figure">
                    <span>{format.share(overall.service_level.value)}</span> <Kept passed={overall.passed} />
                  </div>
                  <p class="faint">
                    {say('service.of', {
                      count: format.count(overall.service_level.numerator),
                      all: format.count(overall.service_level.denominator),
                      time: format.seconds(overall.threshold_s),
                    })}
                  </p>
                  <div class="level" aria-hidden="true">
                    <span style={{ width: `${Number(overall.service_level.value ?? 0) * 100}%` }} />
                    <i style={{ left: `${overall.target_pct}%` }} />
                  </div>
                  <p class="small-text faint">
                    {say('promise', {
                      share: format.share(overall.target_pct / 100, 0),
                      time: format.seconds(overall.threshold_s),
                    })}
                  </p>
                </div>
                {promised.service_level.numerator !== overall.service_level.numerator ? (
                  <p>{say('service.promised', { share: format.share(promised.service_level.value) })}</p>
                ) : null}
                <Facts>
                  <Fact name={<MetricName id="missed_rate" />}>
                    {format.share(overall.missed_rate.value)}
                  </Fact>
                  <Fact name={<MetricName id="calls_offered" />}>{format.count(overall.offered)}</Fact>
                </Facts>
                <p class="chart-note">
                  <MetaLine meta={found.meta} />
                </p>
              </div>
              <Shares
                label={say('service.parts')}
                columns={[say('service.part'), say('calls'), say('service.counted')]}
                rows={found.parts.map((part) => ({
                  id: part.part,
                  name: say(`part.${part.part}`),
                  count: part.count,
                  share: null,
                  bar: part.count,
                  href: linkOf(found.meta.filter, part.drill),
                  color: PART_COLORS[part.part],
                  more: [kit(part.counted ? 'yes' : 'no')],
                }))}
                total={{ name: kit('total'), count: offered, href: null, more: [null] }}
              />
            </div>
          )
        }}
      </Widget>
      <Widget
        title={say('service.rows')}
        query={answer}
        height={150}
        tools={<Switch label={say('service.rows')} options={ways} chosen={by} onChange={setBy} />}
      >
        {(found) => (
          <Table
            label={say('service.rows')}
            rowKey={(row) => row.id}
            rows={found.rows.filter((row) => row.id || row.attained.offered)}
            columns={[
              {
                id: 'name',
                title: say(`by.${found.by}`),
                names: true,
                cell: (row) => (row.id ? row.name : kit('unassigned')),
              },
              {
                id: 'offered',
                title: say('service.offered'),
                end: true,
                cell: (row) => {
                  const href = row.attained.offered ? linkOf(found.meta.filter, row.drill) : null
                  const text = format.count(row.attained.offered)
                  return href ? <Link href={href}>{text}</Link> : text
                },
              },
              {
                id: 'level',
                title: say('service.level'),
                end: true,
                cell: (row) => format.share(row.attained.service_level.value),
              },
              {
                id: 'target',
                title: say('service.target'),
                end: true,
                cell: (row) =>
                  `${format.share(row.attained.target_pct / 100, 0)} / ${format.seconds(row.attained.threshold_s)}`,
              },
              {
                id: 'passed',
                title: say('service.kept'),
                cell: (row) => <Kept passed={row.attained.passed} />,
              },
              {
                id: 'missed',
                title: say('missed_rate'),
                end: true,
                cell: (row) => format.share(row.attained.missed_rate.value),
              },
            ]}
          />
        )}
      </Widget>
      <Widget title={say('service.hours')} about={say('service.hours.about')} query={answer} height={180}>
        {(found) => {
          const grid = serviceGrid(found.cells)
          if (!grid.rows.length) return <Empty inline title={say('nothing')} />
          return (
            <>
              <HourGrid
                label={say('service.hours')}
                first={grid.first}
                rows={grid.rows.map((row) => {
                  const name = row.date
                    ? format.day(row.date, { weekday: 'short', day: 'numeric', month: 'short' })
                    : format.weekday(row.weekday ?? 1)
                  return {
                    id: row.id,
                    name,
                    cells: row.cells.map((cell, at) =>
                      cell
                        ? {
                            heat: cell.few ? 55 : 100,
                            tone:
                              cell.passed === null
                                ? ('none' as const)
                                : cell.passed
                                  ? ('good' as const)
                                  : ('bad' as const),
                            lines: [
                              `${name}, ${clock(grid.first + at)}`,
                              say('service.cell', {
                                share: format.share(cell.service_level, 0),
                                shown: format.count(cell.n),
                              }),
                              ...(cell.few ? [say('few')] : []),
                            ],
                            href: linkOf(found.meta.filter, cell.drill),
                          }
                        : null,
                    ),
                  }
                })}
              />
              <p class="chart-note">
                <MetaLine meta={found.meta} />
                <span class="tone-scale" aria-hidden="true">
                  <i class="good" /> {say('met')} <i class="bad" /> {say('not_met')} <i class="few" />{' '}
                  {say('few')}
                </span>
              </p>
            </>
          )
        }}
      </Widget>
    </>
  )
}

const FLAG: Record<string, string> = { green: 'good', amber: 'warn', red: 'bad' }

function Waits({ filter }: Props) {
  const say = useWords('overview')
  const texts = useAllWords()
  const format = useFormat()
  const [, go] = useLocation()
  const answer = useAnswer('/v1/analytics/waits', { params: { query: { ...filter } } }, { every: EVERY })
  const words = useMemo<WaitWords>(
    () => ({
      format,
      answered: texts.say('overview', 'waits.answered'),
      abandoned: texts.say('overview', 'waits.abandoned'),
      andMore: (from) => texts.say('overview', 'waits.more', { from }),
      soFar: (share) => texts.say('overview', 'waits.so_far', { share }),
    }),
    [format, texts],
  )
  const option = useMemo(() => (answer.data ? waitsOption(answer.data, words) : null), [answer.data, words])
  const side = (found: Schemas['Waits'], which: 'answered' | 'abandoned') => {
    const one = found[which]
    const href = one.callers ? linkOf(found.meta.filter, one.drill) : null
    return (
      <Fact name={words[which]}>
        {href ? <Link href={href}>{format.count(one.callers)}</Link> : format.count(one.callers)}
        {', '}
        {say('waits.mean')} <b class={FLAG[one.flag ?? ''] ?? ''}>{format.seconds(one.wait.value)}</b>
        {one.wait.median === null
          ? null
          : `, ${say('waits.median', { time: format.seconds(one.wait.median) })}`}
        {one.unknown ? <span class="faint"> {say('waits.unknown', { count: one.unknown })}</span> : null}
      </Fact>
    )
  }
  return (
    <Widget title={say('waits')} about={say('waits.about')} query={answer} height={350}>
      {(found) =>
        option ? (
          <div class="stack">
            <Facts>
              {side(found, 'answered')}
              {side(found, 'abandoned')}
            </Facts>
            <Chart
              option={option}
              label={say('waits.label')}
              height={240}
              table={waitsTable(
                found,
                words,
                [
                  say('wait'),
                  words.answered,
                  `${words.answered}, ${say('waits.share')}`,
                  words.abandoned,
                  `${words.abandoned}, ${say('waits.share')}`,
                ],
                (bucket) => (bucket.answered.count ? linkOf(found.meta.filter, bucket.answered.drill) : null),
              )}
              onPick={({ dataIndex, seriesIndex }) => {
                const bucket = found.buckets[dataIndex]
                const one = seriesIndex === 1 ? bucket?.abandoned : bucket?.answered
                const href = one?.count ? linkOf(found.meta.filter, one.drill) : null
                if (href) go(href)
              }}
              note={
                <>
                  <MetaLine meta={found.meta} />
                  <span>
                    {say('waits.limits', {
                      amber: format.seconds(found.amber_s),
                      red: format.seconds(found.red_s),
                    })}
                  </span>
                </>
              }
            />
          </div>
        ) : null
      }
    </Widget>
  )
}

function Lines({ filter }: Props) {
  const say = useWords('overview')
  const texts = useAllWords()
  const term = useTerms()
  const format = useFormat()
  const [, go] = useLocation()
  const days = daysOf(filter)
  const steps = stepsOf(days)
  const [askedStep, setStep] = useState<Step | null>(null)
  const step = steps.find((one) => one === askedStep) ?? usualStep(days)
  const answer = useAnswer(
    '/v1/analytics/concurrency',
    { params: { query: { ...filter, granularity: step } } },
    { every: EVERY },
  )
  const words = useMemo<LineWords>(
    () => ({
      format,
      answered: texts.say('overview', 'lines.answered'),
      waiting: texts.say('overview', 'lines.waiting'),
      lines: texts.say('overview', 'lines.lines'),
      agents: texts.say('overview', 'lines.agents'),
      load: texts.say('overview', 'lines.load'),
      when: texts.say('overview', 'when'),
    }),
    [format, texts],
  )
  const found = answer.data
  const peaks = useMemo(() => (found ? peaksOption(found, words) : null), [found, words])
  const needs = useMemo(() => (found ? needsOption(found, words) : null), [found, words])
  const peak = (one: Schemas['LinePeak']) => {
    const href = one.calls ? linkOf(found?.meta.filter, one.drill) : null
    return (
      <>
        <b>{href ? <Link href={href}>{format.count(one.calls)}</Link> : format.count(one.calls)}</b>
        {one.at ? <span class="faint"> {format.at(one.at)}</span> : null}
      </>
    )
  }
  return (
    <>
      <Widget
        title={say('lines')}
        about={say('lines.about')}
        query={answer}
        height={340}
        tools={
          steps.length > 1 ? (
            <Switch
              label={say('step')}
              options={steps.map((id) => ({ id, name: term(`granularity.${id}`) }))}
              chosen={step}
              onChange={setStep}
            />
          ) : null
        }
      >
        {(all) =>
          peaks ? (
            <div class="stack">
              <Facts>
                <Fact name={words.answered}>{peak(all.answered)}</Fact>
                <Fact name={words.waiting}>{peak(all.waiting)}</Fact>
              </Facts>
              <Chart
                option={peaks}
                label={say('lines.label')}
                height={230}
                table={peaksTable(all, words, (bucket) =>
                  bucket.waiting.calls ? linkOf(all.meta.filter, bucket.waiting.drill) : null,
                )}
                onPick={({ dataIndex, seriesIndex }) => {
                  const bucket = all.buckets[dataIndex]
                  const one = seriesIndex === 1 ? bucket?.waiting : bucket?.answered
                  if (one?.calls && one.drill) go(drillTo(all.meta.filter, one.drill))
                }}
                note={<MetaLine meta={all.meta} />}
              />
            </div>
          ) : null
        }
      </Widget>
      <Widget title={say('needs')} about={say('needs.about')} query={answer} height={340}>
        {(all) =>
          needs ? (
            <div class="stack">
              <Facts>
                <Fact name={<MetricName id="lines_required" />}>
                  <b>{format.count(all.lines_required.value)}</b>
                  {all.busy_hour === null ? null : (
                    <span class="faint"> {say('needs.busy', { hour: clock(all.busy_hour) })}</span>
                  )}
                </Fact>
                <Fact name={<MetricName id="agents_required" />}>
                  <b>{format.count(all.agents_required.value)}</b>
                  <span class="faint">
                    {' '}
                    {say('promise', {
                      share: format.share(all.target_pct / 100, 0),
                      time: format.seconds(all.threshold_s),
                    })}
                  </span>
                </Fact>
              </Facts>
              <Chart
                option={needs}
                label={say('needs.label')}
                height={230}
                table={needsTable(all, words, say('hour'))}
                note={
                  <>
                    <MetaLine meta={all.meta} />
                    <span>{say('needs.days', { count: all.working_days })}</span>
                    {all.unknown_end ? <span>{say('needs.unknown', { count: all.unknown_end })}</span> : null}
                  </>
                }
              />
            </div>
          ) : null
        }
      </Widget>
    </>
  )
}

/** The share of open hours with somebody there (features.md N26), for those who lead others. */
function Availability({ filter }: Props) {
  const say = useWords('overview')
  const format = useFormat()
  const { preset, from, to, zone, users, teams } = filter
  const answer = useAnswer(
    '/v1/analytics/availability',
    { params: { query: { preset, from, to, zone, users, teams } } },
    { every: EVERY },
  )
  return (
    <Widget title={say('availability')} about={say('availability.about')} query={answer} height={160}>
      {(found) => (
        <Table
          label={say('availability')}
          rowKey={(row) => row.team_id}
          rows={[...(found.workspace ? [found.workspace] : []), ...found.teams]}
          columns={[
            {
              id: 'team',
              title: say('by.team'),
              names: true,
              cell: (row) => (row.team_id ? row.team_name : say('everybody')),
            },
            { id: 'people', title: say('people.count'), end: true, cell: (row) => format.count(row.people) },
            {
              id: 'share',
              title: say('availability.share'),
              end: true,
              cell: (row) => format.share(row.availability.value),
            },
            {
              id: 'gaps',
              title: say('availability.gaps'),
              end: true,
              cell: (row) => format.count(row.gaps_count),
            },
          ]}
        />
      )}
    </Widget>
  )
}

export function ServiceTab({ filter }: Props) {
  const leads = useMay('view_all_calls')
  return (
    <div class="stack">
      <Service filter={filter} />
      <div class="grid halves">
        <Waits filter={filter} />
        <Lines filter={filter} />
        {leads ? <Availability filter={filter} /> : null}
      </div>
    </div>
  )
}
