// Where the rows behind parts of a metric are: the drill of the metric, as the API cut it to the filter, and of the part.
import { type Answer, useAnswer } from '../../ask'
import type { Drill, Filter } from '../../filter/filter'
import type { MetricId } from '../../kit/metrics'
import { EVERY } from './widget'

const COUNTED: readonly MetricId[] = [
  'interactions',
  'calls',
  'messages',
  'calls_missed',
  'calls_received',
  'calls_made',
  'calls_answered',
  'calls_unrecovered',
]

/** The drill of each counted metric under this filter. */
export function useMetricDrills(filter: Filter): (metric: string) => Drill | null {
  const { data } = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: [...COUNTED], compare: false } } },
    { every: EVERY },
  )
  return (metric) => drillIn(data, metric)
}

function drillIn(data: Answer<'/v1/analytics/summary'> | undefined, metric: string): Drill | null {
  return data?.metrics.find((one) => one.value.metric === metric)?.drill ?? null
}
