import { useMemo } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import { type Drill, drilled, FIELDS, type Filter, readFilter, USUAL, writeFilter } from './filter'

export interface Filtered {
  filter: Filter
  /** Lays fields over the filter in the address; null takes one away. */
  set: (patch: Drill) => void
  clear: () => void
  /** Whether anything but the period is set. */
  narrowed: boolean
}

/** The filter in the address of this page. */
export function useFilter(usual: Filter = USUAL): Filtered {
  const search = useSearch()
  const [path, go] = useLocation()
  return useMemo(() => {
    const said = readFilter(search)
    const filter: Filter = said.preset || said.from || said.to ? said : { ...usual, ...said }
    const own = new URLSearchParams(search)
    for (const name of FIELDS) own.delete(name)
    const show = (next: Drill) => {
      const all = writeFilter(next)
      for (const [name, value] of own) all.append(name, value)
      go(`${path}?${all}`)
    }
    return {
      filter,
      set: (patch) => show(drilled(filter, patch)),
      clear: () => show({ preset: filter.preset, from: filter.from, to: filter.to }),
      narrowed: Object.keys(filter).some((name) => !['preset', 'from', 'to'].includes(name)),
    }
  }, [search, path, go, usual])
}

/** Parameters of the page itself (a tab, an order) in its address. */
export function useParameter(name: string, usual = ''): [string, (value: string | null) => void] {
  const search = useSearch()
  const [path, go] = useLocation()
  const value = new URLSearchParams(search).get(name) ?? usual
  const set = (next: string | null) => {
    const all = new URLSearchParams(location.search)
    if (next === null || next === usual) all.delete(name)
    else all.set(name, next)
    const text = all.toString()
    go(text ? `${path}?${text}` : path, { replace: true })
  }
  return [value, set]
}
