// A customer's metric, with the rows behind it.
import type { Schemas } from '../../ask'
import type { Drill } from '../../filter/filter'
import { Figure } from '../../kit/figures'
import { useMetric } from '../../kit/metrics'

interface MeasureProps {
  value: Schemas['Value']
  filter: Drill
  /** The customer's own drill. */
  customer: Drill
}

/** Only where the metric's rows are told by other conditions than those asked for: no link may list more than it says. */
function beside(filter: Drill, drill: Drill | null | undefined): Drill | null {
  const clash = Object.keys(drill ?? {}).some((name) => filter[name] !== undefined && filter[name] !== null)
  return drill && !clash ? drill : null
}

export function Measure({ value, filter, customer }: MeasureProps) {
  const drill = beside(filter, useMetric(value.metric)?.drill)
  return <Figure value={value} filter={filter} drill={drill && { ...customer, ...drill }} />
}
