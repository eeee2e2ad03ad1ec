// The volume chart from the answer of /v1/analytics/series.
import type { Schemas } from '../../ask'
import type { Filter } from '../../filter/filter'
import type { ChartTable } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import type { Format, Scalar, Unit } from '../../kit/format'

type Series = Schemas['Series']
export type Step = 'hour' | 'day' | 'week' | 'month'
export const STEPS: readonly Step[] = ['hour', 'day', 'week', 'month']

const DAYS: Record<string, number> = {
  today: 1,
  yesterday: 1,
  last_3_days: 3,
  last_7_days: 7,
  last_4_weeks: 28,
  month_to_date: 31,
  previous_month: 31,
  last_3_months: 92,
  quarter_to_date: 92,
  last_12_months: 366,
  year_to_date: 366,
}

/** About how many days a filter spans. */
export function daysOf(filter: Filter): number {
  if (filter.preset) return DAYS[filter.preset] ?? 31
  if (!filter.from || !filter.to) return 366
  return Math.round((Date.parse(filter.to) - Date.parse(filter.from)) / 86_400_000) + 1
}

/** Steps that make neither one bar nor more than can be told apart. */
export function stepsOf(days: number): Step[] {
  return STEPS.filter(
    (step) =>
      (step === 'hour' && days <= 14) ||
      (step === 'day' && days <= 185) ||
      (step === 'week' && days > 7) ||
      (step === 'month' && days > 31),
  )
}

export function usualStep(days: number): Step {
  return days <= 2 ? 'hour' : days <= 62 ? 'day' : days <= 185 ? 'week' : 'month'
}

/** Name of a bucket: `2026-11`, `2026-11-22` (of a week its first day), `2026-11-22T09:00-05:00`. */
export function tickName(format: Format, label: string, step: string, long = false): string {
  if (step === 'month') return format.day(`${label}-01`, { month: long ? 'long' : 'short', year: 'numeric' })
  if (step === 'hour' || step === 'quarter_hour') {
    const clock = label.slice(11, 16)
    return long
      ? `${format.day(label, { weekday: 'short', day: 'numeric', month: 'short' })}, ${clock}`
      : clock
  }
  return format.day(
    label,
    step === 'day' && long
      ? { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }
      : { day: 'numeric', month: 'short' },
  )
}

export interface VolumeWords {
  format: Format
  unit: Unit
  /** Names of the two series. */
  now: string
  before: string
  /** Said of a bucket that is cut or not over. */
  partial: string
}

const number = (value: Scalar): number | null =>
  value === null || value === undefined ? null : Number(value)

/** Shares and means are lines: their bars would invite to add them up. */
export function isLine(series: Series, unit: Unit): boolean {
  return unit === 'share' || (series.lines[0]?.medians ?? null) !== null
}

export function volumeOption(series: Series, words: VolumeWords): ChartOption {
  const { format, unit } = words
  const line = series.lines[0]
  const step = series.granularity
  const drawn = isLine(series, unit) ? 'line' : 'bar'
  const values = line?.values ?? []
  const before = line?.previous ?? null
  const said = (value: Scalar) => format.value(value, unit, line?.total.value.currency)
  return {
    tooltip: {
      formatter: (given: unknown) => {
        const at = (given as { dataIndex: number }[])[0]?.dataIndex ?? 0
        const tick = series.buckets[at]
        const earlier = series.previous_buckets[at]
        const rows = tick
          ? [
              tickName(format, tick.label, step, true) + (tick.partial ? ` (${words.partial})` : ''),
              `${words.now}: ${said(values[at])}`,
            ]
          : []
        if (before && earlier) {
          rows.push(`${words.before}, ${tickName(format, earlier.label, step, true)}: ${said(before[at])}`)
        }
        return rows.join('\n')
      },
    },
    legend: before ? { data: [words.now, words.before] } : undefined,
    grid: { top: before ? 34 : 16 },
    xAxis: {
      type: 'category',
      data: series.buckets.map((tick) => tickName(format, tick.label, step)),
      axisLabel: { interval: 'auto' },
    },
    yAxis: {
      type: 'value',
      minInterval: unit === 'count' ? 1 : undefined,
      axisLabel: {
        formatter: (value: number) => (unit === 'share' ? format.share(value, 0) : said(value)),
      },
    },
    series: [
      {
        name: words.now,
        type: drawn,
        barMaxWidth: 36,
        symbol: 'circle',
        symbolSize: 7,
        connectNulls: false,
        data: values.map((value, at) => ({
          value: number(value),
          itemStyle: series.buckets[at]?.partial ? { opacity: 0.45 } : {},
        })),
        itemStyle: { color: 'var(--series-1)', borderRadius: drawn === 'bar' ? [3, 3, 0, 0] : undefined },
      },
      ...(before
        ? [
            {
              name: words.before,
              type: 'line' as const,
              symbol: 'circle',
              symbolSize: 5,
              lineStyle: { type: 'dashed' as const, width: 2 },
              itemStyle: { color: 'var(--series-8)' },
              data: series.buckets.map((_, at) => number(before[at])),
            },
          ]
        : []),
    ],
  } as ChartOption
}

export function volumeTable(
  series: Series,
  words: VolumeWords,
  link: (at: number) => string | null,
  title: string,
): ChartTable {
  const { format, unit } = words
  const line = series.lines[0]
  const said = (value: Scalar) => format.value(value, unit, line?.total.value.currency)
  const before = line?.previous ?? null
  return {
    columns: [title, words.now, ...(before ? [words.before] : [])],
    rows: series.buckets.map((tick, at) => [
      tickName(format, tick.label, series.granularity, true) + (tick.partial ? ` (${words.partial})` : ''),
      said(line?.values[at]),
      ...(before ? [said(before[at])] : []),
    ]),
    links: series.buckets.map((_, at) => link(at)),
  }
}
