import { describe, expect, it } from 'vitest'
import { Format, UNKNOWN } from '../src/kit/format'

const english = new Format('en', 'America/New_York', 'USD')
const plain = (text: string) => text.replace(/\s/g, ' ')

describe('what people read', () => {
  it('is a dash where nothing is known, never a zero', () => {
    for (const said of [
      english.count(null),
      english.share(undefined),
      english.seconds(null),
      english.money(null),
      english.at(null),
    ]) {
      expect(said).toBe(UNKNOWN)
    }
    expect(english.count(0)).toBe('0')
  })

  it.each([
    [0, '0:00'],
    [7.5, '0:08'],
    [75, '1:15'],
    [3754, '1:02:34'],
    [284_438, '79:00:38'],
    [-61, '−1:01'],
  ])('has %d seconds as %s', (value, said) => {
    expect(english.seconds(value)).toBe(said)
  })

  it('groups thousands in every language', () => {
    expect(english.count(12_345)).toBe('12,345')
    expect(plain(new Format('pl', 'UTC', '').count(1234))).toBe('1 234')
    expect(plain(new Format('ru', 'UTC', '').count(1234))).toBe('1 234')
    expect(new Format('es', 'UTC', '').count(1234)).toBe('1.234')
  })

  it('has moments in the workspace’s zone, also in the night when clocks go back', () => {
    expect(english.time('2026-11-01T05:30:00Z')).toBe('01:30')
    expect(english.time('2026-11-01T06:30:00Z')).toBe('01:30')
    expect(english.time('2026-11-01T04:00:00Z')).toBe('00:00')
  })

  it('has days as the calendar has them, whatever the zone', () => {
    expect(new Format('en', 'Pacific/Kiritimati', '').day('2026-11-22')).toBe('22 Nov 2026')
    expect(plain(english.days('2026-11-16', '2026-11-22')).replace(/\s*–\s*/, '-')).toBe('16-22 Nov 2026')
    expect(english.days('2026-11-22', '2026-11-22')).toBe('22 Nov 2026')
  })

  it('tells differences with their sign, those of shares in points', () => {
    expect(english.difference(0.031, 'share')).toBe('+3.1 pp')
    expect(english.difference(-12, 'count')).toBe('−12')
    expect(english.difference('1.5', 'money')).toBe('+US$1.50')
  })

  it('follows the reader’s own region where it speaks the language', () => {
    expect(new Format('en', 'UTC', 'USD', 'en-US').money(1.5)).toBe('$1.50')
    expect(new Format('en', 'UTC', 'USD', 'en-US').day('2026-11-22')).toBe('Nov 22, 2026')
  })

  it('names weekdays from Monday', () => {
    expect([1, 7].map((day) => english.weekday(day))).toEqual(['Mon', 'Sun'])
    expect(new Format('es', 'UTC', '').weekday(3, 'long')).toBe('miércoles')
  })
})
