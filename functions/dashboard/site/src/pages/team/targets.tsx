// What was to be reached and what was: targets, both ends of their rankings, and promises (features.md O47, O48).
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { Card, Figure, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useMetric } from '../../kit/metrics'
import { Answered, Empty } from '../../kit/states'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { Bar, type TabProps } from './bar'
import { EVERY } from './measure'
import { PersonName } from './profile'

export function Targets({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const { may } = useSession()
  const answer = useAnswer('/v1/targets/progress', { params: { query: filtered.filter } }, { every: EVERY })
  const set = may('administer') ? (
    <Link class="button" href="/app/settings?tab=targets">
      {say('targets.set')}
    </Link>
  ) : null
  return (
    <>
      <div class="spread">
        <Bar filtered={filtered} meta={answer.data?.meta} />
        {set}
      </div>
      <Answered query={answer} lines={10}>
        {(data) => (
          <div class="stack">
            {data.targets.length ? (
              <div class="grid">
                {data.targets.map((one) => (
                  <Target
                    key={`${one.target.metric} ${one.target.team_id}`}
                    progress={one}
                    meta={data.meta}
                    onOpen={onOpen}
                  />
                ))}
              </div>
            ) : (
              <Card>
                <Empty title={say('targets.none')} action={set}>
                  {say('targets.none.about')}
                </Empty>
              </Card>
            )}
            {data.promises.length ? <Promises promises={data.promises} /> : null}
            <div class="chart-note">
              <MetaLine meta={data.meta} />
            </div>
          </div>
        )}
      </Answered>
    </>
  )
}

function Target({
  progress,
  meta,
  onOpen,
}: {
  progress: Schemas['TargetProgress']
  meta: Schemas['Meta']
  onOpen: (userId: string) => void
}) {
  const say = useWords('team')
  const format = useFormat()
  const { target, value, attained, met, previous } = progress
  const { unit } = target
  const change = Number(progress.change ?? 0)
  const better = target.better === 'higher' ? change > 0 : target.better === 'lower' ? change < 0 : null
  return (
    <Card
      title={<MetricName id={target.metric} />}
      about={target.team_id ? target.team_name : say('targets.everybody')}
    >
      <div class="stack">
        <div class="tight">
          <div class="spread">
            <span class="target-figure number">
              <Figure value={value} filter={meta.filter} drill={progress.drill} />
            </span>
            <span class="row">
              <span class="faint">
                {say('targets.aim', { value: format.value(target.value, unit, value.currency) })}
              </span>
              {met === null ? null : (
                <span class={`tag ${met ? 'good' : 'warn'}`}>
                  {say(met ? 'targets.met' : 'targets.not_met')}
                </span>
              )}
            </span>
          </div>
          {attained === null ? null : (
            <div class={`bar ${met ? 'good' : 'warn'}`} aria-hidden="true">
              <span style={{ width: `${Math.min(Math.max(attained, 0), 1) * 100}%` }} />
            </div>
          )}
          <p class="small-text faint">
            {attained === null ? null : `${say('targets.attained', { share: format.share(attained, 0) })} · `}
            {say('targets.before', { value: format.value(previous.value, unit, previous.currency) })}{' '}
            {progress.change === null ? null : (
              <span class={better === null || !change ? '' : better ? 'good' : 'bad'}>
                ({format.difference(progress.change, unit, value.currency)})
              </span>
            )}
          </p>
          {progress.whole ? null : <p class="small-text faint">{say('targets.part')}</p>}
        </div>
        {progress.ranking.length ? (
          <div class="grid ends">
            <Ends title={say('targets.leaders')} places={progress.leaders} meta={meta} onOpen={onOpen} />
            <Ends title={say('targets.coaching')} places={progress.coaching} meta={meta} onOpen={onOpen} />
          </div>
        ) : null}
      </div>
    </Card>
  )
}

/** One end of a ranking. */
function Ends({
  title,
  places,
  meta,
  onOpen,
}: {
  title: string
  places: Schemas['Standing'][]
  meta: Schemas['Meta']
  onOpen: (userId: string) => void
}) {
  const say = useWords('team')
  const metric = useMetric(places[0]?.value.metric ?? '')
  const format = useFormat()
  if (!places.length) return null
  return (
    <section class="tight">
      <h3>{title}</h3>
      <ol class="target-places">
        {places.map((one) => (
          <li key={`${one.rank} ${one.person.user_id}`}>
            <span class="place number">{one.rank}</span>
            <span class="rank-name">
              {one.hidden ? (
                <span class="faint">{say('targets.hidden')}</span>
              ) : (
                <PersonName
                  userId={one.person.user_id}
                  name={one.person.name}
                  deleted={one.person.deleted}
                  onOpen={onOpen}
                />
              )}
              {one.few ? <span class="faint small-text"> {say('targets.few')}</span> : null}
            </span>
            <span class="number">
              <Figure value={one.value} filter={meta.filter} drill={one.drill} />
              {one.change === null ? null : (
                <span class="faint small-text">
                  {' '}
                  {format.difference(one.change, metric?.unit ?? 'count', one.value.currency)}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Promises({ promises }: { promises: Schemas['PromiseKept'][] }) {
  const say = useWords('team')
  const format = useFormat()
  return (
    <Card title={say('targets.promises')}>
      <ul class="target-promises">
        {promises.map((one) => {
          const { promise } = one
          const whose = [
            promise.team_id ? one.team_name : '',
            promise.queue ? say('targets.queue', { name: promise.queue }) : '',
          ].filter(Boolean)
          return (
            <li key={`${promise.channel} ${promise.team_id} ${promise.queue}`} class="spread">
              <span>
                {say(promise.channel === 'message' ? 'targets.promise.message' : 'targets.promise.call', {
                  pct: format.share(promise.target_pct / 100, 0),
                  seconds: promise.threshold_s,
                })}
                {whose.length ? <span class="faint"> · {whose.join(' · ')}</span> : null}
              </span>
              <span class="row">
                <b class="number">{format.share(one.value.value)}</b>
                <span class={`tag ${one.passed === null ? '' : one.passed ? 'good' : 'bad'}`}>
                  {say(
                    one.passed === null
                      ? 'targets.nothing_due'
                      : one.passed
                        ? 'targets.kept'
                        : 'targets.not_kept',
                  )}
                </span>
                <span class="faint small-text">
                  {say('targets.before', { value: format.share(one.previous.value) })}
                </span>
              </span>
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
