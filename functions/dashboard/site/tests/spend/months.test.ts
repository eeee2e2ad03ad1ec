import { describe, expect, it } from 'vitest'
import { monthsOver } from '../../src/pages/spend/months'
import { placeName } from '../../src/pages/spend/place'

describe('months that are over', () => {
  it('begin with the one before this, by the clock of the workspace', () => {
    const newYear = new Date('2027-01-01T03:00:00Z')
    expect(monthsOver(newYear, 'Europe/Warsaw', 2)).toEqual(['2026-12', '2026-11'])
    // In New York the old year still lasts.
    expect(monthsOver(newYear, 'America/New_York', 2)).toEqual(['2026-11', '2026-10'])
  })

  it('go back across years', () => {
    expect(monthsOver(new Date('2026-02-10T12:00:00Z'), 'UTC', 3)).toEqual(['2026-01', '2025-12', '2025-11'])
  })
})

describe('the name of a place', () => {
  it('is in the language of the reader; what is no code stays', () => {
    expect(placeName('PL', 'pl-PL')).toBe('Polska')
    expect(placeName('', 'pl-PL')).toBe('')
    expect(placeName('satellite', 'en-GB')).toBe('satellite')
  })
})
