// Where rows are: addresses made of the filter that was asked about and the drills that came with the answer.
import { type Drill, drilled, drillTo, writeFilter } from '../../filter/filter'

/** The address of the rows; null where one of the drills is missing, for then no filter says which they are. */
export function linkOf(filter: Drill | undefined, ...drills: (Drill | null | undefined)[]): string | null {
  return filter && drills.every((drill) => drill) ? drillTo(filter, ...drills) : null
}

/** The address of customers: their list takes these beside the filter. */
export function customersAt(filter: Drill, ...drills: Drill[]): string {
  const made = writeFilter(drilled(filter, ...drills))
  for (const drill of drills) {
    for (const name of ['band', 'incoming', 'new']) {
      if (drill[name] !== undefined && drill[name] !== null) made.set(name, String(drill[name]))
    }
  }
  return `/app/customers?${made}`
}
