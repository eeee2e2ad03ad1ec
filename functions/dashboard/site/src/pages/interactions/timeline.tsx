// The path of a call: drawn to scale, and as the list of its steps (features.md F51).
import { useMemo } from 'preact/hooks'
import type { Schemas } from '../../ask'
import { useFormat } from '../../kit/format'
import { useAllWords, useTerms, useWords } from '../../words'
import { drawn, type Phase, type Segment, ticks } from './path'
import './detail.css'

type Detail = Schemas['Detail']

const PHASES: Phase[] = ['wait', 'menu', 'queue', 'ring', 'talk', 'hold', 'voicemail']

export function Timeline({ detail }: { detail: Detail }) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const { total, call, lanes } = useMemo(() => drawn(detail), [detail])
  if (total <= 0 || !call.length) return null
  const used = PHASES.filter((phase) =>
    [...call, ...lanes.flatMap((lane) => lane.segments)].some((one) => one.phase === phase),
  )
  const track = (segments: Segment[]) => (
    <span class="track">
      {segments.map((one) => (
        <span
          key={`${one.phase}${one.from}`}
          class={`part phase-${one.phase}`}
          style={{ left: `${(one.from / total) * 100}%`, width: `${((one.to - one.from) / total) * 100}%` }}
          title={`${say(`phase.${one.phase}`)} ${format.seconds(one.to - one.from)} (${format.seconds(one.from)} – ${format.seconds(one.to)})`}
        />
      ))}
    </span>
  )
  return (
    <figure class="timeline">
      <div
        role="img"
        aria-label={call
          .map((one) => `${say(`phase.${one.phase}`)} ${format.seconds(one.to - one.from)}`)
          .join(', ')}
      >
        <div class="lane">
          <span class="lane-name">{say('caller')}</span>
          {track(call)}
        </div>
        {lanes.map((lane) => (
          <div class="lane" key={lane.key}>
            <span class="lane-name" title={lane.name}>
              {lane.name}
              {lane.outcome ? <span class="faint">{term(`leg.${lane.outcome}`)}</span> : null}
            </span>
            {track(lane.segments)}
          </div>
        ))}
        <div class="lane axis">
          <span class="lane-name" />
          <span class="track">
            {ticks(total).map((tick) => (
              <span key={tick} style={{ left: `${(tick / total) * 100}%` }}>
                {format.seconds(tick)}
              </span>
            ))}
          </span>
        </div>
      </div>
      <figcaption class="row small-text">
        {used.map((phase) => (
          <span key={phase} class="row legend">
            <i class={`swatch phase-${phase}`} /> {say(`phase.${phase}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

/** The steps in their order, with the time of day and since the start. */
export function PathList({ detail }: { detail: Detail }) {
  const say = useWords('interactions')
  const words = useAllWords()
  const term = useTerms()
  const format = useFormat()
  if (!detail.path.length) return <p class="faint">{say('no_path')}</p>
  const called = (kind: string, label: string): string => {
    const known = words.term('interactions', `step.${kind}`)
    if (known !== `step.${kind}`) return known
    const part = term(`kind.${kind}`)
    return part === `kind.${kind}` ? label : part
  }
  return (
    <ol class="path">
      {detail.path.map((step, n) => (
        <li key={n}>
          <time dateTime={step.at}>{format.time(step.at, true)}</time>
          <span class="faint number">+{format.seconds(step.offset_s)}</span>
          <span>
            <b>{called(step.kind, step.label)}</b>
            {step.user_name ? ` ${step.user_name}` : ''}
            {step.value && step.value !== 'unknown' ? (
              <span class="value">
                {' '}
                {words.term('interactions', `value.${step.value}`).replace(/^value\./, '')}
              </span>
            ) : null}
          </span>
        </li>
      ))}
    </ol>
  )
}
