// How well missed callers are called back: recovery, the promise, who and when, and why calls were missed
// (features.md W33-W35, N18, N24, N27).
import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { type Drill, drillTo } from '../../filter/filter'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import { Switch } from '../../kit/choices'
import { Card, Figure, Kpi, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useMetrics } from '../../kit/metrics'
import { Answered } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useFieldNames, useTerms, useWords } from '../../words'
import { tickName } from '../overview/volume'
import { casesOf } from './question'
import { span } from './span'

const EVERY = 60_000
const USUAL = { preset: 'last_4_weeks' } as const
const CARDS = [
  'recovery_candidates',
  'calls_recovered',
  'calls_reached',
  'calls_resolved_by_customer',
  'calls_unrecovered',
  'recovery_rate',
  'recovery_s',
  'callback_sla_rate',
  'callback_delay_s',
] as const
const BANDS = [
  'called_back_in_20_min',
  'called_back_in_24_h',
  'called_back_later',
  'never_called_back',
] as const
const TONES = ['var(--good)', 'var(--series-6)', 'var(--series-7)', 'var(--bad)']
const STATES = {
  cases_open: 'open',
  cases_assigned: 'assigned',
  cases_attempted: 'attempted',
  cases_reached: 'reached',
  cases_resolved_by_customer: 'resolved_by_customer',
  cases_resolved_by_text: 'resolved_by_text',
  cases_dismissed: 'dismissed',
} as const
type StateMetric = keyof typeof STATES
const STATE_METRICS = Object.keys(STATES) as StateMetric[]
const SPLITS = ['team', 'user', 'number', 'reason', 'source', 'queue'] as const
const SPLIT_METRICS = [
  'recovery_candidates',
  'calls_recovered',
  'calls_reached',
  'calls_resolved_by_customer',
  'calls_unrecovered',
  'recovery_rate',
  'recovery_s',
  'callback_sla_rate',
] as const

export default function Recovery() {
  const say = useWords('missed')
  const filtered = useFilter(USUAL)
  const { filter } = filtered
  const cards = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: [...CARDS] } } },
    { every: EVERY },
  )
  return (
    <div class="stack">
      <FilterBar
        filtered={filtered}
        fields={['teams', 'users', 'numbers']}
        more={['reasons', 'queues', 'campaigns', 'sources', 'hours']}
        meta={cards.data?.meta}
      />
      <Answered query={cards} lines={6}>
        {(summary) => (
          <div class="stack">
            <div class="kpis">
              {summary.metrics.map((one) => (
                <Kpi key={one.value.metric} compared={one} filter={summary.meta.filter}>
                  <Middle value={one.value} />
                </Kpi>
              ))}
            </div>
            <p class="faint small-text row late-note">
              <span>{say('late')}</span>
              <MetaLine meta={summary.meta} />
            </p>
          </div>
        )}
      </Answered>
      <div class="grid">
        <Trend filter={filter} />
        <div class="stack beside">
          <Bands filter={filter} />
          <Handling filter={filter} />
        </div>
      </div>
      <Split filter={filter} />
      <Hours filter={filter} />
    </div>
  )
}

/** Median and ninth decile beside a mean (features.md W35). */
function Middle({ value }: { value: Schemas['Value'] }) {
  const say = useWords('missed')
  const format = useFormat()
  if (value.median === null || value.metric !== 'recovery_s') return null
  return (
    <div class="faint small-text">
      {say('median', {
        median: span(value.median, format.locale),
        p90: value.p90 === null ? '–' : span(value.p90, format.locale),
      })}
    </div>
  )
}

function Trend({ filter }: { filter: Drill }) {
  const say = useWords('missed')
  const name = useFieldNames()
  const format = useFormat()
  const [, go] = useLocation()
  const series = useAnswer(
    '/v1/analytics/series',
    {
      params: { query: { ...filter, metrics: ['callback_sla_rate', 'recovery_rate'], compare: false } },
    },
    { every: EVERY },
  )
  return (
    <Card title={say('trend')} about={say('trend.why')}>
      <Answered query={series} lines={7}>
        {(found) => <TrendChart found={found} name={name} format={format} go={go} />}
      </Answered>
    </Card>
  )
}

function TrendChart({
  found,
  name,
  format,
  go,
}: {
  found: Schemas['Series']
  name: (code: string) => string
  format: ReturnType<typeof useFormat>
  go: (to: string) => void
}) {
  const say = useWords('missed')
  const option = useMemo<ChartOption>(
    () => ({
      legend: {},
      xAxis: {
        type: 'category',
        data: found.buckets.map((one) => tickName(format, one.label, found.granularity)),
      },
      yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (v: number) => format.share(v, 0) } },
      tooltip: { valueFormatter: (v) => format.share(v as number | null) },
      series: found.lines.map((line) => ({
        type: 'line',
        name: name(line.metric),
        data: line.values.map((value) => (value === null ? null : Number(value))),
        showSymbol: found.buckets.length < 40,
        connectNulls: false,
      })),
    }),
    [found, name, format],
  )
  return (
    <Chart
      option={option}
      label={say('trend')}
      table={{
        columns: [say('column.when'), ...found.lines.map((line) => name(line.metric))],
        rows: found.buckets.map((bucket, at) => [
          tickName(format, bucket.label, found.granularity, true),
          ...found.lines.map((line) => format.share(line.values[at])),
        ]),
      }}
      onPick={({ dataIndex }) => {
        const to = casesOf(found.meta.filter, { preset: null }, found.buckets[dataIndex]?.drill)
        if (to) go(to)
      }}
      note={<MetaLine meta={found.meta} />}
    />
  )
}

/** When cases were called back, by the clock; and in which state they are now. */
function Bands({ filter }: { filter: Drill }) {
  const say = useWords('missed')
  const format = useFormat()
  const term = useTerms()
  const answer = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: ['cases', ...BANDS, ...STATE_METRICS], compare: false } } },
    { every: EVERY },
  )
  return (
    <Card title={say('bands')} about={say('bands.why')}>
      <Answered query={answer} lines={7}>
        {(found) => {
          const of = new Map<string, number>(
            found.metrics.map((one) => [one.value.metric, Number(one.value.value ?? 0)]),
          )
          const all = of.get('cases') ?? 0
          const link = (more?: Drill) => casesOf(found.meta.filter, more)
          return (
            <div class="stack">
              <div class="bands" role="list">
                {BANDS.map((band, at) => (
                  <div class="band" role="listitem" key={band} data-band={band}>
                    <span class="name">
                      <MetricName id={band} />
                    </span>
                    <span class="bar" aria-hidden="true">
                      <span
                        style={{
                          width: `${all ? (100 * (of.get(band) ?? 0)) / all : 0}%`,
                          background: TONES[at],
                        }}
                      />
                    </span>
                    <b class="number">{format.count(of.get(band))}</b>
                  </div>
                ))}
              </div>
              <div class="row states">
                <Linked to={link()}>{say('cases_all', { count: all, shown: format.count(all) })}</Linked>
                {STATE_METRICS.filter((one) => of.get(one)).map((one) => (
                  <span key={one} class="tag" data-state={STATES[one]}>
                    {term(`case_state.${STATES[one]}`)}{' '}
                    <Linked to={link({ states: [STATES[one]] })}>{format.count(of.get(one))}</Linked>
                  </span>
                ))}
              </div>
            </div>
          )
        }}
      </Answered>
    </Card>
  )
}

function Linked({ to, children }: { to: string | null; children: ComponentChildren }) {
  return to ? <Link href={to}>{children}</Link> : <span>{children}</span>
}

function Split({ filter }: { filter: Drill }) {
  const say = useWords('missed')
  const kit = useWords('kit')
  const term = useTerms()
  const metrics = useMetrics()
  const [by, setBy] = useParameter('by', 'team')
  const chosen = SPLITS.find((one) => one === by) ?? 'team'
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filter, by: chosen, metrics: [...SPLIT_METRICS], top: 50 } } },
    { every: EVERY },
  )
  type Part = Schemas['Part']
  const nameOf = (part: Part) =>
    chosen === 'reason' && part.key
      ? term(`reason.${part.key}`)
      : part.key === ''
        ? kit(chosen === 'user' || chosen === 'team' ? 'unassigned' : 'unknown')
        : part.name
  const total = answer.data?.total
  const columns: Column<Part>[] = [
    {
      id: 'name',
      title: say(`split.${chosen}`),
      names: true,
      cell: (part) => (
        <Linked to={casesOf(answer.data?.meta.filter ?? {}, part.drill)}>{nameOf(part)}</Linked>
      ),
      foot: kit('total'),
    },
    ...SPLIT_METRICS.map(
      (metric, at): Column<Part> => ({
        id: metric,
        title: <MetricName id={metric} />,
        end: true,
        cell: (part) => {
          const value = part.values[at]
          const own = metrics.get(metric)?.drill
          return value ? (
            <Figure
              value={value}
              filter={answer.data?.meta.filter}
              drill={own && part.drill ? { ...part.drill, ...own } : null}
            />
          ) : null
        },
        foot: total?.[at] ? <Figure value={total[at]} /> : null,
      }),
    ),
  ]
  return (
    <Card
      class="split"
      title={say('split')}
      about={say('split.why')}
      tools={
        <Switch
          label={say('split')}
          options={SPLITS.map((id) => ({ id, name: say(`split.${id}`) }))}
          chosen={chosen}
          onChange={setBy}
        />
      }
    >
      <Answered query={answer} lines={6}>
        {(found) => (
          <Table
            label={say('split')}
            columns={columns}
            rows={found.parts.filter((part) => part.values.some((value) => Number(value.n ?? 0) > 0))}
            rowKey={(part) => part.key}
            rowClass={(part) => (part.deleted ? 'gone' : undefined)}
          />
        )}
      </Answered>
    </Card>
  )
}

function Hours({ filter }: { filter: Drill }) {
  const say = useWords('missed')
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    {
      params: { query: { ...filter, by: 'hour', metrics: ['calls_missed', 'calls_unrecovered'], all: true } },
    },
    { every: EVERY },
  )
  return (
    <Card title={say('hours')} about={say('hours.why')}>
      <Answered query={answer} lines={7}>
        {(found) => <HoursChart found={found} />}
      </Answered>
    </Card>
  )
}

function HoursChart({ found }: { found: Schemas['Breakdown'] }) {
  const say = useWords('missed')
  const name = useFieldNames()
  const format = useFormat()
  const metrics = useMetrics()
  const [, go] = useLocation()
  const parts = useMemo(
    () => [...found.parts].filter((part) => part.key !== '').sort((a, b) => Number(a.key) - Number(b.key)),
    [found],
  )
  const option = useMemo<ChartOption>(
    () => ({
      legend: {},
      xAxis: { type: 'category', data: parts.map((part) => part.key.padStart(2, '0')) },
      yAxis: { type: 'value', minInterval: 1 },
      series: found.metrics.map((metric, at) => ({
        type: 'bar',
        name: name(metric),
        data: parts.map((part) => Number(part.values[at]?.value ?? 0)),
        itemStyle: { color: at ? 'var(--bad)' : 'var(--series-1)' },
      })),
    }),
    [found, parts, name],
  )
  return (
    <Chart
      option={option}
      label={say('hours')}
      table={{
        columns: [say('hour'), ...found.metrics.map(name)],
        rows: parts.map((part) => [part.name, ...part.values.map((value) => format.count(value.value))]),
      }}
      onPick={({ dataIndex, seriesIndex }) => {
        const part = parts[dataIndex]
        const own = metrics.get(found.metrics[seriesIndex] ?? '')?.drill
        if (part?.drill && own) go(drillTo(found.meta.filter, part.drill, own))
      }}
      note={<MetaLine meta={found.meta} />}
    />
  )
}

/** From the first contact in vain to the first word from us (features.md N18). */
function Handling({ filter }: { filter: Drill }) {
  const say = useWords('missed')
  const format = useFormat()
  const answer = useAnswer(
    '/v1/analytics/callers',
    { params: { query: { ...filter, parts: ['handling'] } } },
    { every: EVERY },
  )
  return (
    <Card title={say('handling')} about={say('handling.why')}>
      <Answered query={answer} lines={4}>
        {(found) =>
          found.handling ? (
            <dl class="facts">
              <dt>
                <MetricName id="handling_s" />
              </dt>
              <dd class="number">
                {found.handling.time.value === null
                  ? '–'
                  : span(Number(found.handling.time.value), format.locale)}
              </dd>
              <dt>{say('median_of')}</dt>
              <dd class="number">
                {found.handling.time.median === null ? '–' : span(found.handling.time.median, format.locale)}
              </dd>
              <dt>
                <MetricName id="handling_waiting" />
              </dt>
              <dd class="number">{format.count(found.handling.waiting.value)}</dd>
            </dl>
          ) : null
        }
      </Answered>
    </Card>
  )
}
