import { describe, expect, it } from 'vitest'
import { boundsOf, following, hourMarks, placed } from '../../src/pages/team/day'

const HOUR = 3_600_000
const length = (date: string, zone: string) => {
  const { start, end } = boundsOf(date, zone)
  return (end - start) / HOUR
}

describe('a local day', () => {
  it('has 24 hours, or 23 and 25 where the clock is changed', () => {
    expect(length('2026-11-20', 'America/New_York')).toBe(24)
    expect(length('2026-11-01', 'America/New_York')).toBe(25)
    expect(length('2026-03-08', 'America/New_York')).toBe(23)
    expect(length('2026-03-29', 'Europe/Warsaw')).toBe(23)
    expect(length('2026-10-25', 'Europe/Warsaw')).toBe(25)
  })

  it('begins at local midnight, also where midnight is skipped', () => {
    expect(new Date(boundsOf('2026-11-20', 'America/New_York').start).toISOString()).toBe(
      '2026-11-20T05:00:00.000Z',
    )
    // In Beirut the clock goes from 00:00 to 01:00: the day begins an hour later and is one shorter.
    const skipped = boundsOf('2026-03-29', 'Asia/Beirut')
    expect(new Date(skipped.start).toISOString()).toBe('2026-03-28T22:00:00.000Z')
    expect((skipped.end - skipped.start) / HOUR).toBe(23)
  })

  it('is followed by the next, over the ends of months and years', () => {
    expect(following('2026-12-31')).toBe('2027-01-01')
    expect(following('2028-02-28')).toBe('2028-02-29')
  })

  it('has marks at full hours of its own clock', () => {
    const zone = 'Europe/Warsaw'
    const plain = hourMarks(boundsOf('2026-11-20', zone), zone, 6)
    expect(plain.map((mark) => [mark.hour, mark.share])).toEqual([
      [0, 0],
      [6, 0.25],
      [12, 0.5],
      [18, 0.75],
      [24, 1],
    ])
    const short = hourMarks(boundsOf('2026-03-29', zone), zone, 6)
    expect(short.map((mark) => Math.round(mark.share * 23))).toEqual([0, 5, 11, 17, 23])
    const long = hourMarks(boundsOf('2026-10-25', zone), zone, 1)
    expect(long.map((mark) => mark.hour).filter((hour) => hour === 2)).toHaveLength(1)
  })
})

describe('a strip', () => {
  const zone = 'Europe/Moscow'
  const bounds = boundsOf('2026-11-20', zone)
  const at = (clock: string) => `2026-11-20T${clock}:00+03:00`

  it('of the day in features.md R34 has no gap from 00:00 to 24:00', () => {
    const pieces = [
      placed(at('00:00'), at('12:08'), bounds),
      placed(at('12:08'), at('17:47'), bounds),
      placed(at('17:47'), at('17:58'), bounds),
      placed(at('17:58'), at('19:27'), bounds),
      placed(at('19:27'), '2026-11-21T00:00:00+03:00', bounds),
    ]
    const edges = pieces.flatMap((piece) => (piece ? [piece.from, piece.to] : []))
    expect(edges[0]).toBe(0)
    expect(edges.at(-1)).toBe(1)
    expect(edges.slice(1, -1).filter((_, n) => n % 2 === 0)).toEqual(
      edges.slice(1, -1).filter((_, n) => n % 2 === 1),
    )
    expect(pieces[2]?.from).toBeCloseTo((17 + 47 / 60) / 24)
  })

  it('cuts what began before the day and lasts beyond it', () => {
    expect(placed('2026-11-19T22:00:00+03:00', at('06:00'), bounds)).toEqual({ from: 0, to: 0.25 })
    expect(placed(at('18:00'), '2026-11-21T06:00:00+03:00', bounds)).toEqual({ from: 0.75, to: 1 })
    expect(placed('2026-11-18T00:00:00Z', '2026-11-18T06:00:00Z', bounds)).toBeNull()
  })
})
