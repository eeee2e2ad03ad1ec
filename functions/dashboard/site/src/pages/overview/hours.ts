// Calls by hour of the day: 24 bars, whatever hours the answer names (features.md W25).
import type { Schemas } from '../../ask'
import type { ChartTable } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import type { Format } from '../../kit/format'

type Breakdown = Schemas['Breakdown']

export const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

/** The part of each hour, midnight first. */
export function byHour(answer: Breakdown): (Schemas['Part'] | undefined)[] {
  const found = new Map(
    answer.parts.filter((part) => part.key !== '').map((part) => [Number(part.key), part]),
  )
  return Array.from({ length: 24 }, (_, hour) => found.get(hour))
}

export function hoursOption(answer: Breakdown, name: string, format: Format): ChartOption {
  const parts = byHour(answer)
  return {
    tooltip: {
      formatter: (given: unknown) => {
        const at = (given as { dataIndex: number }[])[0]?.dataIndex ?? 0
        const part = parts[at]
        return [
          `${clock(at)}–${clock((at + 1) % 24)}`,
          `${name}: ${format.count(part?.values[0]?.value ?? 0)}${part?.share ? ` (${format.share(part.share)})` : ''}`,
        ].join('\n')
      },
    },
    grid: { top: 16 },
    xAxis: { type: 'category', data: parts.map((_, hour) => String(hour)) },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (value: number) => format.count(value) },
    },
    series: [
      {
        name,
        type: 'bar',
        barCategoryGap: '22%',
        itemStyle: { color: 'var(--series-1)', borderRadius: [3, 3, 0, 0] },
        data: parts.map((part) => Number(part?.values[0]?.value ?? 0)),
      },
    ],
  }
}

export function hoursTable(
  answer: Breakdown,
  columns: string[],
  format: Format,
  link: (part: Schemas['Part'] | undefined) => string | null,
): ChartTable {
  const parts = byHour(answer)
  return {
    columns,
    rows: parts.map((part, hour) => [
      clock(hour),
      format.count(part?.values[0]?.value ?? 0),
      part?.share === null || part?.share === undefined ? '–' : format.share(part.share),
    ]),
    links: parts.map(link),
  }
}
