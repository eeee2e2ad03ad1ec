// What was spent: sums, over time, by destination, number, team, person, source and provider
// (features.md N8, N9, N16; demands.md D78).
import { FileDown } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { drillTo, type Filter } from '../../filter/filter'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import { Switch } from '../../kit/choices'
import { Card, Delta, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Answered, Empty } from '../../kit/states'
import { type Column, type Sorting, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useFieldNames, useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { daysOf, stepsOf, tickName, usualStep } from '../overview/volume'
import { placeName } from './place'
import { Known, Measured } from './sums'

const EVERY = 60_000
export const USUAL = { preset: 'month_to_date' } as const
const CARDS = [
  'spend',
  'spend_calls',
  'spend_messages',
  'cost_per_call',
  'cost_per_minute',
  'asr',
  'acd_s',
] as const
const SPLITS = ['country', 'prefix', 'number', 'team', 'user', 'source', 'connection'] as const
type Split = (typeof SPLITS)[number]
const COLUMNS = [
  'spend',
  'talk_s',
  'cost_per_minute',
  'cost_per_call',
  'interactions',
  'asr',
  'acd_s',
] as const
const TOP = 25

export default function Overview() {
  const kit = useWords('kit')
  const session = useSession()
  const filtered = useFilter(USUAL)
  const { filter } = filtered
  const [exporting, setExporting] = useState(false)
  const cards = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: [...CARDS] } } },
    { every: EVERY },
  )
  return (
    <div class="stack">
      <div class="spread">
        <FilterBar
          filtered={filtered}
          fields={['teams', 'users', 'numbers']}
          more={[
            'channels',
            'directions',
            'sources',
            'connections',
            'queues',
            'campaigns',
            'hours',
            'include_internal',
          ]}
          meta={cards.data?.meta}
        />
        {session.may('export') ? (
          <button type="button" class="no-print" onClick={() => setExporting(true)}>
            <FileDown size={16} aria-hidden="true" /> {kit('export')}
          </button>
        ) : null}
      </div>
      <Answered query={cards} lines={6}>
        {(summary) => <Cards summary={summary} />}
      </Answered>
      <Series filter={filter} />
      <Breakdown filter={filter} />
      {exporting ? (
        <ExportDialog report="charges" filter={filter} onClose={() => setExporting(false)} />
      ) : null}
    </div>
  )
}

function Cards({ summary }: { summary: Schemas['Summary'] }) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const total = summary.metrics.find((one) => one.value.metric === 'spend')?.value
  return (
    <div class="stack">
      {total && total.coverage !== null && total.coverage < 1 ? (
        <Coverage value={total} meta={summary.meta} />
      ) : null}
      <div class="kpis">
        {summary.metrics.map((one) => (
          <section class="card kpi" key={one.value.metric} data-metric={one.value.metric}>
            <div class="name">
              <MetricName id={one.value.metric} />
            </div>
            <div class="figure">
              <Measured value={one.value} filter={summary.meta.filter} drill={one.drill} bare />
            </div>
            <div class="under">
              {one.previous ? (
                <>
                  <Delta compared={one} />
                  <span class="row tiny">
                    {kit('before', { value: '' })} <Measured value={one.previous} bare />
                  </span>
                </>
              ) : null}
            </div>
            <div class="under">
              <Known value={one.value} />
            </div>
          </section>
        ))}
      </div>
      <p class="faint small-text row">
        <span>{say('never_zero')}</span>
        <MetaLine meta={summary.meta} />
      </p>
    </div>
  )
}

function Coverage({ value, meta }: { value: Schemas['Value']; meta: Schemas['Meta'] }) {
  const say = useWords('spend')
  const format = useFormat()
  const session = useSession()
  return (
    <div class="notice warn">
      <div>
        {say('incomplete', {
          share: format.share(value.coverage, (value.coverage ?? 0) < 0.1 ? 1 : 0),
          from: format.day(meta.from_date),
          to: format.day(meta.to_date),
        })}{' '}
        {session.may('manage_directory') ? (
          <Link href="/app/spend?tab=tariffs">{say('incomplete_tariffs')}</Link>
        ) : null}
      </div>
    </div>
  )
}

const STEPS = ['day', 'week', 'month'] as const

function Series({ filter }: { filter: Filter }) {
  const say = useWords('spend')
  const days = daysOf(filter)
  const possible = STEPS.filter((step) => stepsOf(days).includes(step))
  const usual = usualStep(days)
  const [asked, setStep] = useParameter('step')
  const step =
    possible.find((one) => one === asked) ?? possible.find((one) => one === usual) ?? possible[0] ?? 'day'
  const answer = useAnswer(
    '/v1/analytics/series',
    {
      params: {
        query: { ...filter, metrics: ['spend_calls', 'spend_messages'], granularity: step, compare: false },
      },
    },
    { every: EVERY },
  )
  return (
    <Card
      title={say('series')}
      tools={
        possible.length > 1 ? (
          <Switch
            label={say('step')}
            options={possible.map((id) => ({ id, name: say(`step.${id}`) }))}
            chosen={step}
            onChange={setStep}
          />
        ) : null
      }
    >
      <Answered query={answer} lines={8}>
        {(found) => <SeriesChart found={found} />}
      </Answered>
    </Card>
  )
}

function SeriesChart({ found }: { found: Schemas['Series'] }) {
  const say = useWords('spend')
  const name = useFieldNames()
  const format = useFormat()
  const [, go] = useLocation()
  const option = useMemo<ChartOption>(
    () => ({
      legend: {},
      xAxis: {
        type: 'category',
        data: found.buckets.map((one) => tickName(format, one.label, found.granularity)),
      },
      yAxis: { type: 'value', axisLabel: { formatter: (value: number) => format.count(value, 2) } },
      tooltip: {
        valueFormatter: (value) => format.money(value as string | null),
      },
      series: found.lines.map((line) => ({
        type: 'bar',
        stack: 'spend',
        name: name(line.metric),
        data: line.values.map((value) => (value === null ? null : Number(value))),
      })),
    }),
    [found, format, name],
  )
  if (found.lines.every((line) => line.values.every((value) => value === null))) {
    return <Empty inline title={say('nothing_known')} />
  }
  return (
    <Chart
      option={option}
      label={say('series')}
      table={{
        columns: [
          say('column.when'),
          ...found.lines.flatMap((line) => [
            name(line.metric),
            `${name(line.metric)}: ${say('column.coverage')}`,
          ]),
        ],
        rows: found.buckets.map((bucket, at) => [
          tickName(format, bucket.label, found.granularity, true),
          ...found.lines.flatMap((line) => [
            format.money(line.values[at], line.total.value.currency || undefined),
            format.share(line.coverages?.[at], 0),
          ]),
        ]),
      }}
      onPick={({ dataIndex, seriesIndex }) =>
        go(drillTo(found.meta.filter, found.buckets[dataIndex]?.drill, found.lines[seriesIndex]?.drill))
      }
      note={<MetaLine meta={found.meta} />}
    />
  )
}

function Breakdown({ filter }: { filter: Filter }) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const format = useFormat()
  const [asked, setBy] = useParameter('by', 'country')
  const [every, setEvery] = useState(false)
  const [sorting, setSorting] = useState<Sorting>({ by: 'spend', order: 'desc' })
  const by: Split = SPLITS.find((one) => one === asked) ?? 'country'
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    {
      params: {
        query: {
          ...filter,
          by,
          metrics: [...COLUMNS],
          sort: sorting.by,
          order: sorting.order,
          ...(every ? { all: true } : { top: TOP }),
        },
      },
    },
    { every: EVERY },
  )
  type Part = Schemas['Part']
  const meta = answer.data?.meta
  const nameOf = (part: Part): string =>
    part.key === ''
      ? kit(by === 'user' || by === 'team' ? 'unassigned' : 'unknown')
      : by === 'country'
        ? placeName(part.key, format.locale)
        : by === 'prefix'
          ? `+${part.key.replace(/^\+/, '')}`
          : part.name
  const columns: Column<Part>[] = [
    {
      id: 'name',
      title: say(`by.${by}`),
      names: true,
      cell: (part) =>
        part.drill && meta ? (
          <Link href={drillTo(meta.filter, part.drill)}>{nameOf(part)}</Link>
        ) : (
          nameOf(part)
        ),
      foot: kit('total'),
    },
    ...COLUMNS.map((metric, at): Column<Part> => {
      const total = answer.data?.total[at]
      return {
        id: metric,
        title: <MetricTitle id={metric} />,
        sorts: true,
        end: true,
        cell: (part) => {
          const value = part.values[at]
          return value ? <Measured value={value} /> : null
        },
        foot: total ? <Measured value={total} /> : null,
      }
    }),
  ]
  return (
    <Card
      title={say('by')}
      about={say('by.why')}
      class="by"
      tools={
        <Switch
          label={say('by')}
          options={SPLITS.map((id) => ({ id, name: say(`by.${id}`) }))}
          chosen={by}
          onChange={(next) => setBy(next)}
        />
      }
    >
      <Answered query={answer} lines={8}>
        {(found) => {
          const rows = found.parts.filter((part) => part.values.some((value) => Number(value.n ?? 0) > 0))
          return (
            <div class="tight">
              <Table
                label={say('by')}
                columns={columns}
                rows={rows}
                rowKey={(part) => part.key}
                sorting={sorting}
                onSort={setSorting}
                rowClass={(part) => (part.deleted ? 'gone' : undefined)}
              />
              {found.hidden_parts ? (
                <button type="button" class="link" onClick={() => setEvery(true)}>
                  {say('all_parts', { count: found.hidden_parts })}
                </button>
              ) : null}
            </div>
          )
        }}
      </Answered>
    </Card>
  )
}

/** A name without the "i" beside it: the header is a button itself. */
function MetricTitle({ id }: { id: string }) {
  const name = useFieldNames()
  return <span>{name(id)}</span>
}
