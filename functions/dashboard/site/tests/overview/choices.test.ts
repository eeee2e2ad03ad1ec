import { describe, expect, it } from 'vitest'
import { GROUPS, METRICS, orderedChoice, readChoice, shownOf, USUAL } from '../../src/pages/overview/groups'
import { customersAt, linkOf } from '../../src/pages/overview/links'
import { dealsAt, queryOf, readNarrowed } from '../../src/pages/quotes/deals'

describe('the cards of a viewer', () => {
  it('are the usual ones until something is chosen', () => {
    expect(readChoice(null)).toEqual(USUAL)
    expect(shownOf('mine', readChoice(null))).toEqual(USUAL)
  })

  it('are what was kept, without metrics that there are no more', () => {
    expect(readChoice('talk_s gone calls')).toEqual(['talk_s', 'calls'])
    expect(readChoice('gone')).toEqual(USUAL)
    expect(readChoice('')).toEqual(USUAL)
  })

  it('stand in one order, however they were chosen', () => {
    expect(orderedChoice([...USUAL].reverse())).toEqual(USUAL)
    expect(orderedChoice(['cases', 'calls_received', 'nothing'])).toEqual(['calls_received', 'cases'])
  })

  it('are in a group each, and no group has one twice', () => {
    const all = new Set(Object.values(METRICS).flat())
    expect(USUAL.filter((id) => !all.has(id))).toEqual([])
    for (const group of GROUPS) {
      const shown = shownOf(group, USUAL)
      expect(new Set(shown).size).toBe(shown.length)
    }
  })
})

describe('links to rows', () => {
  it('lay the drills over the filter', () => {
    expect(
      linkOf({ preset: 'last_7_days', users: ['anna'] }, { channels: ['call'] }, { hour_from: '10:00' }),
    ).toBe('/app/interactions?preset=last_7_days&hour_from=10%3A00&channels=call&users=anna')
  })

  it('are none where one drill is missing, or the filter is not there yet', () => {
    expect(linkOf({ preset: 'today' }, { channels: ['call'] }, null)).toBeNull()
    expect(linkOf({ preset: 'today' }, undefined)).toBeNull()
    expect(linkOf(undefined, {})).toBeNull()
  })

  it('of callers are a list of customers', () => {
    expect(customersAt({ preset: 'today' }, { incoming: true }, { band: '5-10' })).toBe(
      '/app/customers?preset=today&incoming=true&band=5-10',
    )
  })
})

describe('links to quotes', () => {
  it('keep those without a brand apart from all', () => {
    const address = dealsAt({ preset: 'today' }, { quoted: true, brands: [''] })
    expect(address).toBe('/app/quotes?preset=today&brands=&quoted=true')
    const narrowed = readNarrowed(address.split('?')[1] ?? '')
    expect(narrowed).toEqual({ deal_states: [], brands: [''], quoted: true })
    expect(queryOf({ preset: 'today' }, narrowed)).toEqual({ preset: 'today', brands: [''], quoted: true })
  })

  it('say nothing that narrows nothing', () => {
    expect(queryOf({ preset: 'today' }, readNarrowed('preset=today'))).toEqual({ preset: 'today' })
    expect(readNarrowed('deal_states=ordered&deal_states=burnt').deal_states).toEqual(['ordered'])
  })

  it('take the person of a drill into the filter', () => {
    expect(dealsAt({ preset: 'today', users: ['anna', 'boris'] }, { quoted: true, users: ['anna'] })).toBe(
      '/app/quotes?preset=today&users=anna&quoted=true',
    )
  })
})
