import { describe, expect, it } from 'vitest'
import { linesOf, recordOf } from '../../src/pages/settings/entries'
import { shineOf } from '../../src/pages/settings/light'
import { bodyOf, hoursOf } from '../../src/pages/settings/week'
import { momentOf, wallOf } from '../../src/pages/settings/zoned'

describe('the clock of a zone in a date field', () => {
  it.each([
    ['2026-01-15T14:05', 'Europe/Warsaw', '2026-01-15T13:05:00.000Z'],
    ['2026-07-15T14:05', 'Europe/Warsaw', '2026-07-15T12:05:00.000Z'],
    ['2026-03-01T00:00', 'America/New_York', '2026-03-01T05:00:00.000Z'],
    ['2026-05-01T09:30', 'Asia/Kathmandu', '2026-05-01T03:45:00.000Z'],
  ])('%s in %s is %s, and back', (wall, zone, instant) => {
    expect(momentOf(wall, zone)).toBe(instant)
    expect(wallOf(instant, zone)).toBe(wall)
  })

  it('moves a time that the change of the clock leaves out by its hour', () => {
    expect(wallOf(momentOf('2026-03-29T02:30', 'Europe/Warsaw'), 'Europe/Warsaw')).toMatch(/T0[13]:30$/)
  })
})

describe('open hours', () => {
  it('show midnight as fields of times write it', () => {
    expect(hoursOf({ weekly: { '1': [['18:00', '24:00']] }, holidays: [] }).weekly['1']).toEqual([
      ['18:00', '00:00'],
    ])
  })

  it('without any window are always open and say nothing of holidays', () => {
    expect(bodyOf({ weekly: { '1': [], '2': [] }, holidays: ['2026-12-25'] })).toEqual({})
  })

  it('leave out days that are closed', () => {
    expect(bodyOf({ weekly: { '1': [['09:00', '17:00']], '2': [] }, holidays: [] })).toEqual({
      weekly: { '1': [['09:00', '17:00']] },
      holidays: [],
    })
  })
})

describe('the light of a connection', () => {
  const now = '2026-03-10T12:00:00Z'
  const heard = (accepted_at: string | null, refused_at: string | null = null) =>
    shineOf(false, { accepted_at, refused_at, quarantined_at: null }, now)

  it('is on for a day after the last event', () => {
    expect(heard('2026-03-09T12:00:00Z')).toBe('on')
    expect(heard('2026-03-09T11:59:59Z')).toBe('late')
  })

  it('is red when the newest delivery was refused, and not when a good one came after it', () => {
    expect(heard('2026-03-10T11:00:00Z', '2026-03-10T11:00:01Z')).toBe('refused')
    expect(heard('2026-03-10T11:00:01Z', '2026-03-10T11:00:00Z')).toBe('on')
    expect(heard(null, '2026-03-10T11:00:00Z')).toBe('refused')
  })

  it('is off for what never spoke and what is disabled', () => {
    expect(heard(null)).toBe('never')
    expect(shineOf(false, undefined, now)).toBe('never')
    expect(shineOf(true, { accepted_at: now, refused_at: null, quarantined_at: null }, now)).toBe('off')
  })
})

describe('texts of forms', () => {
  it('are one entry a line, without empty ones', () => {
    expect(linesOf(' a \n\n b\n')).toEqual(['a', 'b'])
  })

  it('keep pairs that have a name', () => {
    expect(
      recordOf([
        [' caller ', 'phone'],
        ['', 'lost'],
      ]),
    ).toEqual({ caller: 'phone' })
  })
})
