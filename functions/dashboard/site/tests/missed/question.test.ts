import { describe, expect, it } from 'vitest'
import {
  casesOf,
  inRange,
  narrowed,
  onlyUnrecovered,
  patched,
  readQuestion,
  UNRECOVERED,
} from '../../src/pages/missed/question'

describe('the question of the work list', () => {
  it('is read from the address by the names of the API, and leaves the page its own', () => {
    expect(
      readQuestion(
        'tab=list&states=open&states=assigned&only_overdue=true&teams=sales&sort=overdue&case=pbx:1',
      ),
    ).toEqual({ states: ['open', 'assigned'], only_overdue: true, teams: ['sales'], sort: 'overdue' })
  })

  it('knows cases that nobody has: an empty assignee is a condition', () => {
    expect(readQuestion('assignees=')).toEqual({ assignees: [''] })
    expect(patched('', { assignees: ['', 'me'] }).toString()).toBe('assignees=&assignees=me')
  })

  it('is patched in place: null takes away, a switch that is off is not written, the tab stays', () => {
    expect(
      patched('tab=list&states=open&only_overdue=true', {
        states: null,
        only_overdue: false,
        numbers: ['n1'],
      }).toString(),
    ).toBe('tab=list&numbers=n1')
  })

  it('has a preset or dates, never both', () => {
    expect(patched('from=2026-11-01&to=2026-11-03', { preset: 'yesterday' }).toString()).toBe(
      'preset=yesterday',
    )
    expect(patched('preset=yesterday', { from: '2026-11-01', to: '2026-11-03' }).toString()).toBe(
      'from=2026-11-01&to=2026-11-03',
    )
  })

  it('tells all open cases from those of a period, and an order from a condition', () => {
    expect(inRange({})).toBe(false)
    expect(inRange({ preset: 'today' })).toBe(true)
    expect(narrowed({ sort: 'overdue' })).toBe(false)
    expect(narrowed({ teams: ['sales'] })).toBe(true)
  })

  it('shows only unrecovered whatever the order of the states', () => {
    expect(onlyUnrecovered({ states: [...UNRECOVERED].reverse() })).toBe(true)
    expect(onlyUnrecovered({ states: ['open'] })).toBe(false)
    expect(onlyUnrecovered({})).toBe(false)
  })
})

describe('a number of cases leads', () => {
  it('to its cases one by one, with the period and the people of the page', () => {
    expect(casesOf({ preset: 'last_4_weeks', teams: ['sales'] }, { states: ['reached'] })).toBe(
      '/app/missed?preset=last_4_weeks&teams=sales&states=reached&each=case',
    )
  })

  it('to the day of a point of a chart', () => {
    expect(
      casesOf({ preset: 'last_4_weeks' }, { preset: null }, { from: '2026-11-03', to: '2026-11-03' }),
    ).toBe('/app/missed?from=2026-11-03&to=2026-11-03&each=case')
  })

  it('nowhere when the list could not be asked for just them', () => {
    expect(casesOf({ preset: 'today', hours: 'open' })).toBeNull()
    expect(casesOf({ preset: 'today' }, { hour_from: '09:00', hour_to: '10:00' })).toBeNull()
    expect(casesOf({ preset: 'today' }, { channels: ['call'], reasons: ['technical'] })).not.toBeNull()
  })
})
