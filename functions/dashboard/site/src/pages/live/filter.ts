// The filter of the live board and its place in the address: the names of the API's query parameters.
import { useMemo } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import type { operations } from '../../ask/schema'

export type LiveFilter = NonNullable<operations['getLiveExport']['parameters']['query']>
export type CallType = NonNullable<LiveFilter['types']>[number]
export type CallStatus = NonNullable<LiveFilter['statuses']>[number]

export const TYPES = [
  'incoming',
  'outgoing',
  'callback',
  'internal',
  'unknown',
] as const satisfies readonly CallType[]
export const CALL_STATUSES = ['waiting', 'talking'] as const satisfies readonly CallStatus[]
export const LISTS = ['users', 'teams', 'numbers', 'queues', 'types', 'statuses'] as const
export type ListField = (typeof LISTS)[number]

const CODES: Partial<Record<ListField, readonly string[]>> = { types: TYPES, statuses: CALL_STATUSES }

/** The filter that stands in an address; what the server would refuse is left out. */
export function readLive(search: string): LiveFilter {
  const asked = new URLSearchParams(search)
  const found: Record<string, unknown> = {}
  for (const name of LISTS) {
    const known = CODES[name]
    const values = [...new Set(asked.getAll(name))].filter(
      (value) => value !== '' && (!known || known.includes(value)),
    )
    if (values.length) found[name] = values
  }
  if (asked.get('include_internal') === 'true') found.include_internal = true
  return found as LiveFilter
}

/** The address's parameters with this filter in place of the one there; others stay. */
export function writeLive(search: string, filter: LiveFilter): URLSearchParams {
  const made = new URLSearchParams(search)
  for (const name of [...LISTS, 'include_internal']) made.delete(name)
  for (const name of LISTS) for (const value of filter[name] ?? []) made.append(name, value)
  if (filter.include_internal) made.set('include_internal', 'true')
  return made
}

export interface Filtering {
  filter: LiveFilter
  set: (patch: LiveFilter) => void
  clear: () => void
  narrowed: boolean
}

export function useLiveFilter(): Filtering {
  const search = useSearch()
  const [path, go] = useLocation()
  return useMemo(() => {
    const filter = readLive(search)
    const show = (next: LiveFilter) => {
      const text = writeLive(search, next).toString()
      go(text ? `${path}?${text}` : path, { replace: true })
    }
    return {
      filter,
      set: (patch) => show({ ...filter, ...patch }),
      clear: () => show({}),
      narrowed: Object.keys(filter).length > 0,
    }
  }, [search, path, go])
}
