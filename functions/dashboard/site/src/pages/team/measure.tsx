// Choosing metrics of the catalogue, and the rows behind their values.
import { useMemo } from 'preact/hooks'
import { type Schemas, useAnswer } from '../../ask'
import type { Drill, Filter } from '../../filter/filter'
import { Figure } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { type Metric, type MetricId, useMetrics } from '../../kit/metrics'
import { useSession } from '../../session'
import { useFieldNames, useWords } from '../../words'

export const EVERY = 60_000

/** Shown first where one metric is chosen. */
export const USUAL_METRICS: readonly MetricId[] = [
  'calls_answered',
  'calls_answered_inbound',
  'calls_connected',
  'calls_made',
  'calls_received',
  'calls_missed',
  'talk_s',
  'average_talk_s',
  'messages_sent',
  'messages_received',
]
const GRAINS = ['call', 'message', 'interaction', 'case'] as const
type Grain = (typeof GRAINS)[number]

/** Metrics that the viewer may have drawn and listed, by name. */
export function useCharted(): Metric[] {
  const metrics = useMetrics()
  const name = useFieldNames()
  const format = useFormat()
  const { may } = useSession()
  const money = may('see_costs')
  return useMemo(
    () =>
      [...metrics.values()]
        .filter((metric) => metric.charted && (money || metric.unit !== 'money'))
        .sort((a, b) => format.compare(name(a.id), name(b.id))),
    [metrics, name, format, money],
  )
}

export function MetricSelect({ chosen, onChange }: { chosen: MetricId; onChange: (id: MetricId) => void }) {
  const say = useWords('team')
  const name = useFieldNames()
  const charted = useCharted()
  const others = charted.filter((metric) => !USUAL_METRICS.includes(metric.id as MetricId))
  return (
    <label class="row">
      <span class="faint">{say('metric')}</span>
      <select
        class="metric-select"
        value={chosen}
        onChange={(event) => onChange(event.currentTarget.value as MetricId)}
      >
        <optgroup label={say('metric.usual')}>
          {USUAL_METRICS.map((id) => (
            <option key={id} value={id}>
              {name(id)}
            </option>
          ))}
        </optgroup>
        {GRAINS.map((grain: Grain) => (
          <optgroup key={grain} label={say(`metric.${grain}`)}>
            {others
              .filter((metric) => metric.grain === grain)
              .map((metric) => (
                <option key={metric.id} value={metric.id}>
                  {name(metric.id)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}

/** The filter that lists each metric's rows under this filter, as the API says it. */
export function useDrills(filter: Filter, metrics: readonly MetricId[]): (metric: string) => Drill | null {
  const { data } = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: [...metrics], compare: false } } },
    { every: EVERY, enabled: metrics.length > 0 },
  )
  return (metric) => data?.metrics.find((one) => one.value.metric === metric)?.drill ?? null
}

/** One value of a row: a link to its rows where both the metric and the row say which they are. */
export function Cell({
  value,
  filter,
  metric,
  row,
}: {
  value: Schemas['Value'] | undefined
  filter: Drill
  metric: Drill | null
  row: Drill | null
}) {
  if (!value) return <>–</>
  const drill = metric && row ? { ...metric, ...row } : null
  return <Figure value={value} filter={filter} drill={drill} />
}
