// The filter object of the API, and its place in the address: the same names as the API's query parameters, so that
// an address can be read, shared and kept.
import type { operations } from '../ask/schema'

type Asked = NonNullable<operations['getInteractions']['parameters']['query']>
export type Filter = Omit<Asked, 'columns' | 'limit' | 'cursor' | 'count'>
export type FilterField = keyof Filter
export type Preset = NonNullable<Filter['preset']>
/** What an answer says about a number: fields that take the place of the filter's; null takes one away (D80). */
export type Drill = Record<string, unknown>

const LISTS = [
  'channels',
  'directions',
  'outcomes',
  'message_statuses',
  'users',
  'teams',
  'numbers',
  'queues',
  'campaigns',
  'sources',
  'kinds',
  'reasons',
  'labels',
  'hangup_by',
  'weekdays',
  'countries',
  'connections',
  'tags',
  'record_ids',
  'sets',
  'findings',
  'unattributed',
] as const satisfies readonly FilterField[]
const FLAGS = [
  'include_internal',
  'only_unanswered',
  'success',
  'sale',
  'first_contact',
  'only_missed',
  'only_unrecovered',
  'include_spam',
  'without_spam',
] as const satisfies readonly FilterField[]
const AMOUNTS = [
  'wait_min_s',
  'wait_max_s',
  'duration_min_s',
  'duration_max_s',
  'wait_from_ms',
  'wait_below_ms',
] as const satisfies readonly FilterField[]
const TEXTS = [
  'preset',
  'from',
  'to',
  'hour_from',
  'hour_to',
  'hours',
  'zone',
  'team_members',
  'remote',
  'source_number',
  'destination_number',
  'reference',
  'contact',
  'party',
  'active_at',
  'talking_at',
  'started_from',
  'started_before',
] as const satisfies readonly FilterField[]

type Listed =
  | (typeof LISTS)[number]
  | (typeof FLAGS)[number]
  | (typeof AMOUNTS)[number]
  | (typeof TEXTS)[number]
// A field of the API's filter that is in none of the lists does not compile.
const complete: Exclude<FilterField, Listed> extends never ? true : Exclude<FilterField, Listed> = true

export const FIELDS: readonly FilterField[] = complete ? [...TEXTS, ...LISTS, ...FLAGS, ...AMOUNTS] : []
const LIST_NAMES: readonly string[] = LISTS
const FLAG_NAMES: readonly string[] = FLAGS
const AMOUNT_NAMES: readonly string[] = AMOUNTS

/** The filter that stands in an address; names that are not the filter's are the page's own and left alone. */
export function readFilter(search: string | URLSearchParams): Filter {
  const asked = new URLSearchParams(search)
  const found: Record<string, unknown> = {}
  for (const name of FIELDS) {
    if (!asked.has(name)) continue
    const all = asked.getAll(name).filter((value) => value !== '')
    const first = all[0]
    if (first === undefined) continue
    if (name === 'weekdays') found[name] = all.map(Number)
    else if (LIST_NAMES.includes(name)) found[name] = all
    else if (FLAG_NAMES.includes(name)) found[name] = first === 'true'
    else if (AMOUNT_NAMES.includes(name)) found[name] = Number(first)
    else found[name] = first
  }
  return found as Filter
}

/** Query parameters of a filter, in one order, without what says nothing. */
export function writeFilter(filter: Drill): URLSearchParams {
  const made = new URLSearchParams()
  for (const name of FIELDS) {
    const value = filter[name]
    if (value === null || value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) made.append(name, String(one))
  }
  return made
}

/** The filter under drills: each one's fields take the place of the fields before. */
export function drilled(filter: Drill, ...drills: (Drill | null | undefined)[]): Filter {
  const made: Drill = { ...filter }
  for (const drill of drills) {
    if (!drill) continue
    // A drill of one day stands in place of a preset, and the other way round.
    if ('preset' in drill && drill.preset) {
      delete made.from
      delete made.to
    }
    if (drill.from || drill.to) delete made.preset
    for (const [name, value] of Object.entries(drill)) {
      if (value === null) delete made[name]
      else made[name] = value
    }
  }
  return made as Filter
}

/** The address of the rows that make a number: `drillTo(meta.filter, bucket.drill, line.drill)`. */
export function drillTo(filter: Drill, ...drills: (Drill | null | undefined)[]): string {
  return `/app/interactions?${writeFilter(drilled(filter, ...drills))}`
}

export const PRESETS = [
  'today',
  'yesterday',
  'last_3_days',
  'last_7_days',
  'last_4_weeks',
  'month_to_date',
  'previous_month',
  'last_3_months',
  'quarter_to_date',
  'last_12_months',
  'year_to_date',
] as const satisfies readonly Preset[]
export const USUAL: Filter = { preset: 'last_7_days' }
