// How long callers wait: bars of answered and abandoned calls, lines of the shares so far.
import type { Schemas } from '../../ask'
import type { ChartTable } from '../../kit/chart'
import type { ChartOption } from '../../kit/charting'
import type { Format } from '../../kit/format'

type Waits = Schemas['Waits']
type Bucket = Schemas['WaitBucket']

/** "0–5 s", "2 min and more" by the last bucket without an end. */
export function bucketName(bucket: Bucket, format: Format, andMore: (from: string) => string): string {
  const from = format.seconds(bucket.from_s)
  return bucket.below_s === null ? andMore(from) : `${from}–${format.seconds(bucket.below_s)}`
}

export interface WaitWords {
  format: Format
  answered: string
  abandoned: string
  andMore: (from: string) => string
  /** Share of callers up to here. */
  soFar: (share: string) => string
}

export function waitsOption(waits: Waits, words: WaitWords): ChartOption {
  const { format } = words
  const names = waits.buckets.map((bucket) => bucketName(bucket, format, words.andMore))
  return {
    legend: { data: [words.answered, words.abandoned] },
    grid: { top: 34 },
    tooltip: {
      formatter: (given: unknown) => {
        const at = (given as { dataIndex: number }[])[0]?.dataIndex ?? 0
        const bucket = waits.buckets[at]
        if (!bucket) return ''
        const said = (name: string, one: Bucket['answered']) =>
          `${name}: ${format.count(one.count)} (${words.soFar(format.share(one.cumulative, 0))})`
        return [
          names[at],
          said(words.answered, bucket.answered),
          said(words.abandoned, bucket.abandoned),
        ].join('\n')
      },
    },
    xAxis: {
      type: 'category',
      // Where each bar begins: whole ranges would not fit beside each other.
      data: waits.buckets.map(
        (bucket) => format.seconds(bucket.from_s) + (bucket.below_s === null ? '+' : ''),
      ),
      axisLabel: { interval: 0 },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (value: number) => format.count(value) },
    },
    series: (
      [
        ['answered', words.answered, 'var(--outcome-answered)'],
        ['abandoned', words.abandoned, 'var(--outcome-caller_abandoned)'],
      ] as const
    ).map(([side, name, color]) => ({
      name,
      type: 'bar' as const,
      barMaxWidth: 34,
      itemStyle: { color, borderRadius: [3, 3, 0, 0] },
      data: waits.buckets.map((bucket) => bucket[side].count),
    })),
  }
}

export function waitsTable(
  waits: Waits,
  words: WaitWords,
  columns: string[],
  link: (bucket: Bucket) => string | null,
): ChartTable {
  const { format } = words
  return {
    columns,
    rows: waits.buckets.map((bucket) => [
      bucketName(bucket, format, words.andMore),
      format.count(bucket.answered.count),
      format.share(bucket.answered.cumulative, 0),
      format.count(bucket.abandoned.count),
      format.share(bucket.abandoned.cumulative, 0),
    ]),
    links: waits.buckets.map(link),
  }
}
