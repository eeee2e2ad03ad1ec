import { describe, expect, it } from 'vitest'
import { drilled, drillTo, readFilter, writeFilter } from '../src/filter/filter'

describe('the filter in the address', () => {
  it('comes back as it was written, with types', () => {
    const filter = {
      preset: 'last_7_days',
      users: ['anna', 'b c'],
      weekdays: [1, 7],
      only_missed: true,
      wait_min_s: 20,
    } as const
    expect(readFilter(writeFilter(filter as never))).toEqual(filter)
  })
  it('leaves names alone that are not of the filter', () => {
    expect(readFilter('tab=x&users=anna')).toEqual({ users: ['anna'] })
  })
  it('is written without what says nothing', () => {
    expect(writeFilter({ users: [], remote: '', from: null }).toString()).toBe('')
  })
})

describe('a drill', () => {
  it('takes the place of the same fields and removes those that are null', () => {
    expect(
      drilled({ preset: 'today', outcomes: ['busy'], users: ['a'] }, { outcomes: ['answered'], users: null }),
    ).toEqual({
      preset: 'today',
      outcomes: ['answered'],
    })
  })
  it('of a day stands in place of the preset', () => {
    expect(
      drilled({ preset: 'last_7_days' }, { preset: null, from: '2026-11-20', to: '2026-11-20' }),
    ).toEqual({
      from: '2026-11-20',
      to: '2026-11-20',
    })
  })
  it('leads to the log of calls and messages', () => {
    expect(drillTo({ preset: 'today' }, { channels: ['call'], without_spam: true })).toBe(
      '/app/interactions?preset=today&channels=call&without_spam=true',
    )
  })
})
