// Answers of the API as small as the charts allow.
import type { Schemas } from '../../src/ask'

export const meta: Schemas['Meta'] = {
  workspace: 'w',
  zone: 'Europe/Warsaw',
  from_date: '2026-11-16',
  to_date: '2026-11-18',
  start_utc: '2026-11-15T23:00:00Z',
  end_utc: '2026-11-18T23:00:00Z',
  as_of: '2026-11-18T12:00:00Z',
  settings_version: 1,
  filter: { from: '2026-11-16', to: '2026-11-18' },
}

export function value(
  metric: Schemas['MetricId'],
  amount: number | null,
  more: Partial<Schemas['Value']> = {},
): Schemas['Value'] {
  return {
    metric,
    value: amount,
    n: amount,
    numerator: null,
    denominator: null,
    median: null,
    p90: null,
    currency: '',
    coverage: null,
    converted: null,
    ...more,
  }
}

const tick = (label: string, partial = false): Schemas['Tick'] => ({
  label,
  start_utc: `${label}T00:00:00Z`,
  end_utc: `${label}T23:00:00Z`,
  partial,
  drill: { from: label, to: label, preset: null },
})

export function series(
  values: (number | null)[],
  previous: (number | null)[] | null,
  metric: Schemas['MetricId'] = 'calls',
  medians: (number | null)[] | null = null,
): Schemas['Series'] {
  return {
    meta,
    granularity: 'day',
    by: '',
    buckets: values.map((_, at) => tick(`2026-11-${16 + at}`, at === values.length - 1)),
    previous: null,
    previous_buckets: (previous ?? []).map((_, at) => tick(`2026-11-${13 + at}`)),
    lines: [
      {
        metric,
        key: '',
        name: '',
        deleted: false,
        total: { value: value(metric, 6), previous: null, delta: null, delta_share: null, drill: {} },
        values,
        n: values.map(() => 1),
        medians,
        p90s: null,
        coverages: null,
        converted: null,
        previous,
        difference: null,
        total_difference: null,
        drill: {},
      },
    ],
    hidden_keys: 0,
  }
}

export function heatmap(busy: [weekday: number, hour: number, average: number][]): Schemas['Heatmap'] {
  const cells: Schemas['Cell'][] = []
  // Not in order, so that nobody relies on it.
  for (let hour = 23; hour >= 0; hour -= 1) {
    for (let weekday = 1; weekday <= 7; weekday += 1) {
      const average = busy.find(([day, at]) => day === weekday && at === hour)?.[2] ?? 0
      cells.push({ weekday, hour, average, value: average * 2, drill: {} })
    }
  }
  return {
    meta,
    metric: 'interactions',
    total: value('interactions', 1),
    days: [2, 2, 2, 2, 2, 1, 0],
    cells,
    peaks: busy.map(([weekday, hour, average]) => ({ name: '', weekday, hour, average, value: average * 2 })),
  }
}

export function breakdown(parts: [key: string, count: number, share: number | null][]): Schemas['Breakdown'] {
  return {
    meta,
    by: 'hour',
    metrics: ['calls'],
    total: [
      value(
        'calls',
        parts.reduce((sum, [, count]) => sum + count, 0),
      ),
    ],
    parts: parts.map(([key, count, share]) => ({
      key,
      name: key,
      deleted: false,
      share,
      values: [value('calls', count)],
      drill: {},
    })),
    hidden_parts: 0,
  }
}
