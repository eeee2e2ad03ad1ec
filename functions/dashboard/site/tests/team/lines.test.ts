import { describe, expect, it } from 'vitest'
import type { Schemas } from '../../src/ask'
import { Format } from '../../src/kit/format'
import { colour, linesOption, linesTable, namesOf } from '../../src/pages/team/lines'

const value = (amount: number): Schemas['Value'] => ({
  metric: 'calls',
  value: amount,
  n: amount,
  numerator: null,
  denominator: null,
  median: null,
  p90: null,
  currency: '',
  coverage: null,
  converted: null,
})

const line = (key: string, name: string, values: number[], difference: number[] | null): Schemas['Line'] => ({
  metric: 'calls',
  key,
  name,
  deleted: false,
  total: { value: value(1), previous: null, delta: null, delta_share: null, drill: {} },
  values,
  n: values,
  medians: null,
  p90s: null,
  coverages: null,
  converted: null,
  previous: null,
  difference,
  total_difference: null,
  drill: {},
})

const tick = (label: string): Schemas['Tick'] => ({
  label,
  start_utc: `${label}T00:00:00Z`,
  end_utc: `${label}T24:00:00Z`,
  partial: false,
  drill: {},
})

const series: Schemas['Series'] = {
  meta: {
    workspace: 'w',
    zone: 'UTC',
    from_date: '2026-11-01',
    to_date: '2026-11-02',
    start_utc: '2026-11-01T00:00:00Z',
    end_utc: '2026-11-03T00:00:00Z',
    as_of: null,
    settings_version: 1,
    filter: {},
  },
  granularity: 'day',
  by: 'number',
  buckets: [tick('2026-11-01'), tick('2026-11-02')],
  previous: null,
  previous_buckets: [],
  lines: [line('a', 'Main', [3, 0], [0, 0]), line('b', 'Sales', [1, 2], [-2, 2])],
  hidden_keys: 0,
}
const format = new Format('en', 'UTC', 'USD')

describe('compared lines', () => {
  it('are drawn each in its own colour with empty steps as 0', () => {
    const option = linesOption(series, ['Main', 'Sales'], 'count', format, 'now')
    expect(option.series).toMatchObject([
      { name: 'Main', data: [3, 0], itemStyle: { color: 'var(--series-1)' } },
      { name: 'Sales', data: [1, 2], itemStyle: { color: 'var(--series-2)' } },
    ])
    expect(colour(8)).toBe(colour(0))
  })

  it('have a table with the difference from the first beside each other one', () => {
    const table = linesTable(series, ['Main', 'Sales'], 'count', format, {
      when: 'Day',
      against: (name) => `${name} vs first`,
    })
    expect(table.columns).toEqual(['Day', 'Main', 'Sales', 'Sales vs first'])
    expect(table.rows.map((row) => row.slice(1))).toEqual([
      ['3', '1', '−2'],
      ['0', '2', '+2'],
    ])
  })

  it('tell two of one name apart', () => {
    const same = [line('a', 'Main', [], null), line('b', 'Main', [], null), line('', '', [], null)]
    expect(namesOf(same, 'Nobody')).toEqual(['Main (a)', 'Main (b)', 'Nobody'])
  })
})
