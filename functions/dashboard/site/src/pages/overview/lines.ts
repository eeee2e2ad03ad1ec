// Calls at once over time, and what each hour of the day needs.
import type { Schemas } from '../../ask'
import type { ChartTable } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import type { Format } from '../../kit/format'
import { clock } from './hours'
import { tickName } from './volume'

type Concurrency = Schemas['Concurrency']

export interface LineWords {
  format: Format
  answered: string
  waiting: string
  lines: string
  agents: string
  load: string
  when: string
}

export function peaksOption(found: Concurrency, words: LineWords): ChartOption {
  const { format } = words
  const drawn = (
    [
      ['answered', words.answered, 'var(--series-1)'],
      ['waiting', words.waiting, 'var(--series-2)'],
    ] as const
  ).map(([side, name, color]) => ({
    name,
    type: 'bar' as const,
    barMaxWidth: 22,
    itemStyle: { color, borderRadius: [3, 3, 0, 0] },
    data: found.buckets.map((bucket) => bucket[side].calls),
  }))
  return {
    legend: { data: [words.answered, words.waiting] },
    grid: { top: 34 },
    tooltip: {
      formatter: (given: unknown) => {
        const bucket = found.buckets[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0]
        if (!bucket) return ''
        const at = (peak: Schemas['LinePeak']) => (peak.at ? ` (${format.at(peak.at)})` : '')
        return [
          tickName(format, bucket.label, found.granularity, true),
          `${words.answered}: ${format.count(bucket.answered.calls)}${at(bucket.answered)}`,
          `${words.waiting}: ${format.count(bucket.waiting.calls)}${at(bucket.waiting)}`,
        ].join('\n')
      },
    },
    xAxis: {
      type: 'category',
      data: found.buckets.map((bucket) => tickName(format, bucket.label, found.granularity)),
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (value: number) => format.count(value) },
    },
    series: drawn,
  }
}

export function peaksTable(
  found: Concurrency,
  words: LineWords,
  link: (bucket: Schemas['LineBucket']) => string | null,
): ChartTable {
  const { format } = words
  return {
    columns: [words.when, words.answered, words.waiting],
    rows: found.buckets.map((bucket) => [
      tickName(format, bucket.label, found.granularity, true),
      format.count(bucket.answered.calls),
      format.count(bucket.waiting.calls),
    ]),
    links: found.buckets.map(link),
  }
}

export function needsOption(found: Concurrency, words: LineWords): ChartOption {
  const { format } = words
  const hours = found.hours
  return {
    legend: { data: [words.lines, words.agents] },
    grid: { top: 34 },
    tooltip: {
      formatter: (given: unknown) => {
        const hour = hours[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0]
        if (!hour) return ''
        return [
          `${clock(hour.hour)}–${clock((hour.hour + 1) % 24)}`,
          `${words.lines}: ${format.count(hour.lines)}`,
          `${words.agents}: ${format.count(hour.agents)}`,
          `${words.load}: ${format.count(hour.erlangs, 2)}`,
        ].join('\n')
      },
    },
    xAxis: { type: 'category', data: hours.map((hour) => String(hour.hour)) },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (value: number) => format.count(value) },
    },
    series: [
      {
        name: words.lines,
        type: 'bar',
        barMaxWidth: 14,
        itemStyle: { color: 'var(--series-3)', borderRadius: [3, 3, 0, 0] },
        data: hours.map((hour) => hour.lines),
      },
      {
        name: words.agents,
        type: 'bar',
        barMaxWidth: 14,
        itemStyle: { color: 'var(--series-1)', borderRadius: [3, 3, 0, 0] },
        data: hours.map((hour) => hour.agents),
      },
    ],
  } as ChartOption
}

export function needsTable(found: Concurrency, words: LineWords, hour: string): ChartTable {
  const { format } = words
  return {
    columns: [hour, words.lines, words.agents, words.load],
    rows: found.hours.map((one) => [
      clock(one.hour),
      format.count(one.lines),
      format.count(one.agents),
      format.count(one.erlangs, 2),
    ]),
  }
}
