// What the work list asks, and its place in the address: the names of the API's own parameters (GET /v1/cases).
import type { operations } from '../../ask/schema'
import type { Drill } from '../../filter/filter'

type Asked = NonNullable<operations['getCases']['parameters']['query']>
export type Question = Omit<Asked, 'cursor' | 'limit' | 'group'>

const LISTS = [
  'states',
  'case_sources',
  'reasons',
  'assignees',
  'users',
  'teams',
  'numbers',
  'queues',
  'campaigns',
  'sources',
  'connections',
] as const satisfies readonly (keyof Question)[]
const TEXTS = [
  'preset',
  'from',
  'to',
  'team_members',
  'remote',
  'contact',
  'party',
  'sort',
] as const satisfies readonly (keyof Question)[]

type Named = (typeof LISTS)[number] | (typeof TEXTS)[number] | 'only_overdue'
// A parameter of the API that is in none of the lists does not compile.
const complete: Exclude<keyof Question, Named> extends never ? true : Exclude<keyof Question, Named> = true
export const NAMES: readonly string[] = complete ? [...TEXTS, ...LISTS, 'only_overdue'] : []

/** A case that nobody has called back about and the customer has not settled (features.md W36). */
export const UNRECOVERED = ['open', 'assigned'] as const

export function readQuestion(search: string | URLSearchParams): Question {
  const asked = new URLSearchParams(search)
  const found: Record<string, unknown> = {}
  for (const name of TEXTS) {
    const value = asked.get(name)
    if (value) found[name] = value
  }
  for (const name of LISTS) {
    if (asked.has(name)) found[name] = asked.getAll(name)
  }
  if (asked.get('only_overdue') === 'true') found.only_overdue = true
  return found as Question
}

/** The address after a patch: null takes a field away, what is not the list's (a tab) stays. */
export function patched(search: string | URLSearchParams, patch: Drill): URLSearchParams {
  const made = new URLSearchParams(search)
  if (patch.preset) for (const name of ['from', 'to']) made.delete(name)
  if (patch.from || patch.to) made.delete('preset')
  for (const [name, value] of Object.entries(patch)) {
    made.delete(name)
    if (value === null || value === undefined || value === false) continue
    for (const one of Array.isArray(value) ? value : [value]) made.append(name, String(one))
  }
  return made
}

/** The cases behind a number of the tab Recovery; null where the list cannot be asked for just them. */
export function casesOf(filter: Drill, ...drills: (Drill | null | undefined)[]): string | null {
  const all: Drill = Object.assign({}, filter, ...drills.map((drill) => drill ?? {}))
  // Cases come of calls: that a drill says so takes nothing away.
  delete all.channels
  const said = Object.keys(all).filter((name) => all[name] !== null && all[name] !== undefined)
  if (!said.every((name) => NAMES.includes(name))) return null
  return `/app/missed?${patched('', { ...all, each: 'case' })}`
}

export const inRange = (question: Question): boolean =>
  Boolean(question.preset || question.from || question.to)

/** Whether anything but the order is asked. */
export const narrowed = (question: Question): boolean => Object.keys(question).some((name) => name !== 'sort')

const same = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && b.every((one) => a.includes(one))

export const onlyUnrecovered = (question: Question): boolean => same(question.states, UNRECOVERED)
