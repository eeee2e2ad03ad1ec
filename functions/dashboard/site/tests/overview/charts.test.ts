import { describe, expect, it } from 'vitest'
import type { Schemas } from '../../src/ask'
import { Format } from '../../src/kit/format'
import { serviceGrid } from '../../src/pages/overview/cells'
import { heatOf, heatRows, peakOf } from '../../src/pages/overview/heat'
import { byHour, hoursOption, hoursTable } from '../../src/pages/overview/hours'
import {
  daysOf,
  stepsOf,
  tickName,
  usualStep,
  volumeOption,
  volumeTable,
} from '../../src/pages/overview/volume'
import { bucketName, waitsOption } from '../../src/pages/overview/waits'
import { breakdown, heatmap, meta, series, value } from './made'

const format = new Format('en', 'Europe/Warsaw', 'PLN')
const words = { format, unit: 'count', now: 'Calls', before: 'Before', partial: 'not over' }
type Drawn = { type: string; data: { value: number | null; itemStyle: { opacity?: number } }[] }
type Option = { series: Drawn[]; tooltip: { formatter: (given: unknown) => string } }

describe('the volume', () => {
  it('is bars, the period before a line beside them, by position', () => {
    const option = volumeOption(series([3, 2, 1], [4, 0, 5]), words) as unknown as Option
    expect(option.series.map((one) => one.type)).toEqual(['bar', 'line'])
    expect(option.series[0]?.data.map((one) => one.value)).toEqual([3, 2, 1])
    expect(option.series[1]?.data).toEqual([4, 0, 5])
  })

  it('is a line where values do not add up, with a gap where nothing is known', () => {
    for (const [unit, medians] of [
      ['share', null],
      ['seconds', [1, null, 1]],
    ] as const) {
      const answer = series([0.5, null, 0.25], null, 'asa_s', medians ? [...medians] : null)
      const option = volumeOption(answer, { ...words, unit }) as unknown as Option
      expect(option.series).toHaveLength(1)
      expect(option.series[0]?.type).toBe('line')
      expect(option.series[0]?.data.map((one) => one.value)).toEqual([0.5, null, 0.25])
    }
  })

  it('fades what is not over, and says so', () => {
    const answer = series([3, 2, 1], null)
    const option = volumeOption(answer, words) as unknown as Option
    expect(option.series[0]?.data.map((one) => one.itemStyle.opacity)).toEqual([undefined, undefined, 0.45])
    expect(option.tooltip.formatter([{ dataIndex: 2 }])).toContain('not over')
    expect(volumeTable(answer, words, () => null, 'When').rows[2]?.[0]).toContain('not over')
  })

  it('names both days of a comparison', () => {
    const option = volumeOption(series([3, 2, 1], [4, 0, 5]), words) as unknown as Option
    expect(option.tooltip.formatter([{ dataIndex: 1 }]).split('\n')).toEqual([
      'Tue, 17 Nov 2026',
      'Calls: 2',
      'Before, Sat, 14 Nov 2026: 0',
    ])
  })

  it('leads from each row of its table to where the chart leads', () => {
    const table = volumeTable(
      series([3, 2, 1], [4, 0, 5]),
      words,
      (at) => (at === 1 ? null : `/rows/${at}`),
      'When',
    )
    expect(table.columns).toEqual(['When', 'Calls', 'Before'])
    expect(table.rows.map((row) => row.slice(1))).toEqual([
      ['3', '4'],
      ['2', '0'],
      ['1', '5'],
    ])
    expect(table.links).toEqual(['/rows/0', null, '/rows/2'])
  })

  it.each([
    ['2026-11', 'month', 'Nov 2026'],
    ['2026-11-16', 'week', '16 Nov'],
    ['2026-11-16T09:00+01:00', 'hour', '09:00'],
  ])('names %s by %s', (label, step, name) => {
    expect(tickName(format, label, step)).toBe(name)
  })

  it.each([
    [{ preset: 'today' as const }, 'hour', ['hour', 'day']],
    [{ from: '2026-11-16', to: '2026-11-22' }, 'day', ['hour', 'day']],
    [{ preset: 'last_4_weeks' as const }, 'day', ['day', 'week']],
    [{ preset: 'last_3_months' as const }, 'week', ['day', 'week', 'month']],
    [{ preset: 'last_12_months' as const }, 'month', ['week', 'month']],
  ])('takes steps that can be told apart for %o', (filter, usual, steps) => {
    expect(usualStep(daysOf(filter))).toBe(usual)
    expect(stepsOf(daysOf(filter))).toEqual(steps)
  })
})

describe('the hours of a day', () => {
  const answer = breakdown([
    ['9', 6, 0.75],
    ['0', 2, 0.25],
    ['', 0, null],
  ])

  it('are 24, midnight first, whatever the answer names', () => {
    expect(byHour(answer).map((part) => part?.key)).toEqual(['0', ...Array(8), '9', ...Array(14)])
    const option = hoursOption(answer, 'Calls', format) as unknown as { series: { data: number[] }[] }
    expect(option.series[0]?.data.reduce((sum, count) => sum + count)).toBe(8)
    expect(option.series[0]?.data).toHaveLength(24)
  })

  it('tell the share that the API told, and none where it told none', () => {
    const table = hoursTable(answer, ['Hour', 'Calls', 'Share'], format, (part) => part?.key ?? null)
    expect(table.rows[9]).toEqual(['09:00', '6', '75%'])
    expect(table.rows[10]).toEqual(['10:00', '0', '–'])
    expect(table.links?.[9]).toBe('9')
  })
})

describe('the hours of the week', () => {
  const answer = heatmap([
    [2, 10, 8],
    [1, 9, 4],
    [5, 16, 2],
  ])

  it('are seven rows of 24 with the days that they are the average of', () => {
    const rows = heatRows(answer)
    expect(rows.map((row) => row.cells.map((cell) => cell.hour))).toEqual(
      Array.from({ length: 7 }, () => Array.from({ length: 24 }, (_, hour) => hour)),
    )
    expect(rows.map((row) => row.days)).toEqual([2, 2, 2, 2, 2, 1, 0])
  })

  it('are as warm as their average beside the warmest', () => {
    const at = (weekday: number, hour: number) => {
      const cell = heatRows(answer)[weekday - 1]?.cells[hour]
      return cell ? [heatOf(cell, answer), peakOf(cell, answer)] : null
    }
    expect(at(2, 10)).toEqual([100, 1])
    expect(at(1, 9)).toEqual([50, 2])
    expect(at(5, 16)).toEqual([25, 3])
    expect(at(7, 3)).toEqual([0, 0])
  })

  it('are cold when nothing happened', () => {
    const quiet = heatmap([])
    expect(quiet.cells.map((cell) => heatOf(cell, quiet))).toEqual(Array(168).fill(0))
  })
})

describe('hours of the service level', () => {
  const cell = (date: string | null, weekday: number | null, hour: number): Schemas['ServiceCell'] => ({
    date,
    weekday,
    hour,
    n: 1,
    service_level: 1,
    missed_rate: 0,
    passed: true,
    few: true,
    drill: null,
  })

  it('begin with the first hour that had calls and leave gaps', () => {
    const grid = serviceGrid([cell('2026-11-17', null, 9), cell('2026-11-16', null, 11)])
    expect(grid.first).toBe(9)
    expect(grid.rows.map((row) => [row.id, row.cells.map((one) => one?.hour ?? null)])).toEqual([
      ['2026-11-16', [null, null, 11]],
      ['2026-11-17', [9, null, null]],
    ])
  })

  it('are of weekdays in long periods', () => {
    expect(serviceGrid([cell(null, 5, 10), cell(null, 1, 10)]).rows.map((row) => row.weekday)).toEqual([1, 5])
  })

  it('are none without calls', () => {
    expect(serviceGrid([])).toEqual({ first: 0, rows: [] })
  })
})

describe('waits', () => {
  const bucket = (from_s: number, below_s: number | null, answered: number): Schemas['WaitBucket'] => ({
    from_s,
    below_s,
    answered: { count: answered, cumulative: 0.5, drill: {} },
    abandoned: { count: 1, cumulative: 1, drill: {} },
  })
  const side: Schemas['WaitSide'] = {
    callers: 3,
    unknown: 0,
    wait: value('asa_s', 4),
    flag: 'green',
    drill: {},
  }
  const waits: Schemas['Waits'] = {
    meta,
    answered: side,
    abandoned: side,
    buckets: [bucket(0, 5, 2), bucket(120, null, 1)],
    amber_s: 20,
    red_s: 30,
  }
  const said = {
    format,
    answered: 'Answered',
    abandoned: 'Gave up',
    andMore: (from: string) => `${from} and more`,
    soFar: (share: string) => `${share} so far`,
  }

  it('are named by their edges, the last by where it begins', () => {
    expect(waits.buckets.map((one) => bucketName(one, format, said.andMore))).toEqual([
      '0:00–0:05',
      '2:00 and more',
    ])
  })

  it('tell callers and the share so far', () => {
    const option = waitsOption(waits, said) as unknown as Option
    expect(option.tooltip.formatter([{ dataIndex: 1 }]).split('\n')).toEqual([
      '2:00 and more',
      'Answered: 1 (50% so far)',
      'Gave up: 1 (100% so far)',
    ])
  })
})
