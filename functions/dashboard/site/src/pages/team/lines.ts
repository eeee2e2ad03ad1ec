// Several keys over the same buckets: the option and the table of their chart.
import type { Schemas } from '../../ask'
import type { ChartTable } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import type { Format, Scalar, Unit } from '../../kit/format'
import { tickName } from '../overview/volume'

type Series = Schemas['Series']
export type Line = Schemas['Line']

const number = (value: Scalar): number | null =>
  value === null || value === undefined ? null : Number(value)

export const colour = (at: number): string => `var(--series-${(at % 8) + 1})`

/** Names for the legend: two people of one name are told apart by their ids. */
export function namesOf(lines: readonly Line[], nobody: string): string[] {
  const plain = lines.map((line) => (line.key ? line.name || line.key : nobody))
  return plain.map((name, at) =>
    plain.indexOf(name) === plain.lastIndexOf(name) ? name : `${name} (${lines[at]?.key})`,
  )
}

export function linesOption(
  series: Series,
  names: string[],
  unit: Unit,
  format: Format,
  partial: string,
): ChartOption {
  const said = (value: Scalar) => format.value(value, unit, series.lines[0]?.total.value.currency)
  return {
    legend: {},
    grid: { top: 36 },
    tooltip: {
      formatter: (given: unknown) => {
        const at = (given as { dataIndex: number }[])[0]?.dataIndex ?? 0
        const tick = series.buckets[at]
        if (!tick) return ''
        return [
          tickName(format, tick.label, series.granularity, true) + (tick.partial ? ` (${partial})` : ''),
          ...series.lines.map((line, n) => `${names[n]}: ${said(line.values[at])}`),
        ].join('\n')
      },
    },
    xAxis: {
      type: 'category',
      boundaryGap: series.buckets.length < 3,
      data: series.buckets.map((tick) => tickName(format, tick.label, series.granularity)),
    },
    yAxis: {
      type: 'value',
      minInterval: unit === 'count' ? 1 : undefined,
      axisLabel: {
        formatter: (value: number) => (unit === 'share' ? format.share(value, 0) : said(value)),
      },
    },
    series: series.lines.map((line, at) => ({
      name: names[at],
      type: 'line' as const,
      symbol: 'circle',
      symbolSize: 6,
      lineStyle: { width: 2, type: at >= 8 ? ('dashed' as const) : ('solid' as const) },
      itemStyle: { color: colour(at) },
      connectNulls: false,
      data: line.values.map(number),
    })),
  } as ChartOption
}

export function linesTable(
  series: Series,
  names: string[],
  unit: Unit,
  format: Format,
  words: { when: string; against: (name: string) => string },
): ChartTable {
  const said = (line: Line, at: number) => format.value(line.values[at], unit, line.total.value.currency)
  return {
    columns: [
      words.when,
      ...series.lines.flatMap((line, n) =>
        n && line.difference ? [names[n] ?? '', words.against(names[n] ?? '')] : [names[n] ?? ''],
      ),
    ],
    rows: series.buckets.map((tick, at) => [
      tickName(format, tick.label, series.granularity, true),
      ...series.lines.flatMap((line, n) =>
        n && line.difference
          ? [said(line, at), format.difference(line.difference[at], unit, line.total.value.currency)]
          : [said(line, at)],
      ),
    ]),
  }
}
