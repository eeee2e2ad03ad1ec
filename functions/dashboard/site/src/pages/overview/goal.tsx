// A target under a figure: how far it is attained, and whether it is met (features.md O47, O48). All of it is the API's.
import type { Schemas } from '../../ask'
import { useFormat } from '../../kit/format'
import { useMetric } from '../../kit/metrics'
import { useWords } from '../../words'

interface Aim {
  text: string
  /** 0 to 1 and beyond. */
  attained: number | null
  met: boolean | null
}

function Goal({ text, attained, met }: Aim) {
  const say = useWords('overview')
  const tone = met === null ? '' : met ? 'good' : 'warn'
  return (
    <div class={`goal ${tone}`}>
      {attained === null ? null : (
        <div class="bar" aria-hidden="true">
          <span style={{ width: `${Math.min(Math.max(attained, 0), 1) * 100}%` }} />
        </div>
      )}
      <span class="small-text">
        {text}
        {met === null ? '' : ` · ${say(met ? 'met' : 'not_met')}`}
      </span>
    </div>
  )
}

/** The target of the whole workspace, or of the one team that is looked at. */
export function targetOf(
  progress: Schemas['ProgressAnswer'] | undefined,
  metric: string,
  teams: string[] = [],
) {
  const team = teams.length === 1 ? (teams[0] ?? '') : ''
  const all = progress?.targets.filter((one) => one.target.metric === metric) ?? []
  return all.find((one) => one.target.team_id === team) ?? all.find((one) => !one.target.team_id)
}

const PROMISED: Record<string, 'call' | 'message'> = { service_level: 'call', text_first_in_time: 'message' }

export function MetricGoal({
  progress,
  metric,
  teams,
}: {
  progress: Schemas['ProgressAnswer'] | undefined
  metric: string
  teams?: string[]
}) {
  const say = useWords('overview')
  const format = useFormat()
  const unit = useMetric(metric)?.unit ?? 'count'
  const found = targetOf(progress, metric, teams)
  if (found) {
    const target = say('target', { value: format.value(found.target.value, unit) })
    return <Goal text={target} attained={found.attained} met={found.met} />
  }
  const promise = progress?.promises.find(
    (one) => one.promise.channel === PROMISED[metric] && !one.promise.team_id && !one.promise.queue,
  )
  if (!promise) return null
  return (
    <Goal
      text={say('promise', {
        share: format.share(promise.promise.target_pct / 100, 0),
        time: format.seconds(promise.promise.threshold_s),
      })}
      attained={null}
      met={promise.passed}
    />
  )
}
