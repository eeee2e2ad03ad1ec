// The catalogue of metrics, asked for once: unit, direction, definition.
import { useMemo } from 'preact/hooks'
import { type Schemas, useAnswer } from '../ask'

export type Metric = Schemas['MetricLine']
export type MetricId = Schemas['MetricId']

export function useMetrics(): Map<string, Metric> {
  const { data } = useAnswer('/v1/metrics', {}, { every: false })
  return useMemo(() => new Map(data?.metrics.map((metric) => [metric.id, metric])), [data])
}

export function useMetric(id: string): Metric | undefined {
  return useMetrics().get(id)
}
