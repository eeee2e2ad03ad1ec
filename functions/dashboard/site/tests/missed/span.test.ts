import { describe, expect, it } from 'vitest'
import { parts, promise, span } from '../../src/pages/missed/span'

describe('a time span', () => {
  it('is told in two units at most, seconds only below a minute', () => {
    expect(parts(42)).toEqual([{ unit: 'second', value: 42 }])
    expect(parts(60)).toEqual([{ unit: 'minute', value: 1 }])
    expect(parts(3 * 3600 + 59)).toEqual([{ unit: 'hour', value: 3 }])
    expect(parts(26 * 3600 + 3 * 60)).toEqual([
      { unit: 'day', value: 1 },
      { unit: 'hour', value: 2 },
    ])
    expect(parts(24 * 3600 + 3 * 60)).toEqual([{ unit: 'day', value: 1 }])
  })

  it('is as long behind as ahead', () => {
    expect(parts(-90)).toEqual(parts(90))
  })

  it('is written as the language writes it', () => {
    expect(span(26 * 3600, 'en-GB')).toBe('1d 2h')
    expect(span(26 * 3600, 'ru-RU')).toMatch(/1\s?д.*2\s?ч/)
  })
})

describe('a promised time', () => {
  const now = Date.parse('2026-11-03T10:00:00Z')

  it('is calm, then close, then late', () => {
    expect(promise('2026-11-03T10:30:00Z', now)).toEqual({ left: 1800, tone: '' })
    expect(promise('2026-11-03T10:05:00Z', now)).toEqual({ left: 300, tone: 'warn' })
    expect(promise('2026-11-03T10:00:00Z', now)).toEqual({ left: 0, tone: 'warn' })
    expect(promise('2026-11-03T09:59:59Z', now)).toEqual({ left: -1, tone: 'bad' })
  })

  it('is none where nothing was promised', () => {
    expect(promise(null, now)).toBeNull()
  })
})
