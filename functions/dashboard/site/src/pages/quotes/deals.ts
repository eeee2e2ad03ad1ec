// Deals in addresses: a drill of /v1/analytics/deals as an address of the list, and the other way round.
import type { Schemas } from '../../ask'
import { type Drill, drilled, type Filter, writeFilter } from '../../filter/filter'

export type DealState = Schemas['DealState']
export const STATES: readonly DealState[] = ['quoted', 'ordered', 'lost']

/** What the list takes beside the filter. */
export interface Narrowed {
  deal_states: DealState[]
  brands: string[]
  quoted: boolean | null
}

export function readNarrowed(search: string): Narrowed {
  const asked = new URLSearchParams(search)
  const quoted = asked.get('quoted')
  return {
    deal_states: STATES.filter((state) => asked.getAll('deal_states').includes(state)),
    brands: asked.getAll('brands'),
    quoted: quoted === null ? null : quoted === 'true',
  }
}

/** The query of GET /v1/deals: nothing that says nothing. */
export const queryOf = (filter: Filter, narrowed: Narrowed) => ({
  ...filter,
  ...(narrowed.deal_states.length ? { deal_states: narrowed.deal_states } : {}),
  ...(narrowed.brands.length ? { brands: narrowed.brands } : {}),
  ...(narrowed.quoted === null ? {} : { quoted: narrowed.quoted }),
})

/** The address of the deals behind a number: the filter under the drill, and its own fields beside it. */
export function dealsAt(filter: Drill, ...drills: (Drill | null | undefined)[]): string {
  const made = writeFilter(drilled(filter, ...drills))
  for (const name of ['deal_states', 'brands', 'quoted']) {
    for (const drill of [filter, ...drills]) {
      if (!drill || drill[name] === undefined) continue
      made.delete(name)
      for (const value of [drill[name]].flat()) if (value !== null) made.append(name, String(value))
    }
  }
  return `/app/quotes?${made}`
}

/** One metric of an answer's or a row's values. */
export function figureOf(values: readonly Schemas['Value'][], metric: string): Schemas['Value'] | undefined {
  return values.find((one) => one.metric === metric)
}

export const numberOf = (values: readonly Schemas['Value'][], metric: string): number =>
  Number(figureOf(values, metric)?.value ?? 0)
