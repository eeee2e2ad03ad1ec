// What is to be reached: targets of metrics by team, and promises of how fast (features.md O47; demands.md D69).
import { Plus, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Answered } from '../../kit/states'
import { useFieldNames, useWords } from '../../words'
import { ifMatch, useSaving, useVersioned, type Versioned, Wrong } from './editing'

type Targets = Schemas['Targets']
type Settings = Schemas['SettingsView']
type Metric = Schemas['MetricId']
interface Target {
  metric: string
  team: string
  value: string
}

const SHARE = 'share'

export default function TargetsTab() {
  const targets = useVersioned('/v1/targets')
  const settings = useVersioned('/v1/directory/settings')
  const teams = useAnswer('/v1/directory/teams', {})
  const options = (teams.data?.teams ?? []).map((team) => ({ id: team.id, name: team.name }))
  return (
    <div class="stack">
      <Answered query={targets}>
        {(found) => (
          <TargetForm key={found.etag} found={found} teams={options} reload={() => void targets.refetch()} />
        )}
      </Answered>
      <Answered query={settings}>
        {(found) => (
          <PromiseForm
            key={found.etag}
            found={found}
            teams={options}
            reload={() => void settings.refetch()}
          />
        )}
      </Answered>
    </div>
  )
}

interface Named {
  id: string
  name: string
}

function TargetForm({
  found,
  teams,
  reload,
}: {
  found: Versioned<Targets>
  teams: Named[]
  reload: () => void
}) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const fieldName = useFieldNames()
  const metrics = useAnswer('/v1/metrics', {})
  const units = new Map<string, string>(metrics.data?.metrics.map((metric) => [metric.id, metric.unit]))
  const factor = (metric: string) => (units.get(metric) === SHARE ? 100 : 1)
  const [rows, setRows] = useState<Target[] | null>(null)
  // Shares are written in percent, so they wait for the units.
  const shown =
    rows ??
    found.document.targets.map((target) => ({
      metric: target.metric as string,
      team: target.team_id,
      value: String(Number((target.value * (target.unit === SHARE ? 100 : 1)).toFixed(4))),
    }))
  const saving = useSaving<Targets>(['/v1/targets', '/v1/targets/progress'])
  const put = (at: number, patch: Partial<Target>) =>
    setRows(shown.map((one, n) => (n === at ? { ...one, ...patch } : one)))
  const options = (metrics.data?.metrics ?? [])
    .map((metric) => ({ id: metric.id as string, name: fieldName(metric.id) }))
    .sort((a, b) => a.name.localeCompare(b.name))
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault()
        saving.run(() =>
          client.PUT('/v1/targets', {
            params: { header: ifMatch(found.etag) },
            body: {
              targets: shown.map((one) => ({
                metric: one.metric as Metric,
                team: one.team,
                value: Number(one.value) / factor(one.metric),
              })),
            },
          }),
        )
      }}
    >
      <header>
        <div>
          <h2>{say('tab.targets')}</h2>
          <p class="about">{say('targets.about')}</p>
        </div>
        <button
          type="button"
          disabled={!options.length}
          onClick={() => setRows([...shown, { metric: 'answer_rate', team: '', value: '' }])}
        >
          <Plus size={16} aria-hidden="true" /> {say('targets.add')}
        </button>
      </header>
      <Wrong error={saving.error} fields={['targets']} reload={reload} />
      {shown.length ? null : <p class="faint">{say('targets.none')}</p>}
      {shown.map((one, at) => (
        <div class="target" key={at}>
          <Select
            label={say('metric')}
            value={one.metric}
            options={options.length ? options : [{ id: one.metric, name: fieldName(one.metric) }]}
            onChange={(metric) => put(at, { metric })}
            wrong={wrongOf(saving.error, `targets.${at}.metric`)}
          />
          <Select
            label={say('team')}
            value={one.team}
            options={[{ id: '', name: say('whole_workspace') }, ...teams]}
            onChange={(team) => put(at, { team })}
            wrong={wrongOf(saving.error, `targets.${at}.team`)}
          />
          <Text
            label={
              units.get(one.metric) === SHARE
                ? `${say('target')}, %`
                : units.get(one.metric) === 'seconds'
                  ? `${say('target')}, ${say('unit.s')}`
                  : say('target')
            }
            type="number"
            min={0}
            step="any"
            required
            value={one.value}
            onChange={(value) => put(at, { value })}
            wrong={wrongOf(saving.error, `targets.${at}.value`)}
          />
          <button
            type="button"
            class="quiet"
            title={kit('delete')}
            onClick={() => setRows(shown.filter((_, n) => n !== at))}
          >
            <Trash2 size={16} aria-hidden="true" />
            <span class="unseen">{`${kit('delete')} ${fieldName(one.metric)}`}</span>
          </button>
        </div>
      ))}
      <div class="savebar">
        <button type="submit" class="primary" disabled={saving.busy || rows === null || !metrics.data}>
          {kit('save')}
        </button>
      </div>
    </form>
  )
}

interface Promised {
  channel: 'call' | 'message'
  team: string
  queue: string
  threshold_s: string
  target_pct: string
}

function PromiseForm({
  found,
  teams,
  reload,
}: {
  found: Versioned<Settings>
  teams: Named[]
  reload: () => void
}) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const [rows, setRows] = useState<Promised[]>(() =>
    found.document.targets.map((one) => ({
      channel: one.channel === 'message' ? 'message' : 'call',
      team: one.team ?? '',
      queue: one.queue ?? '',
      threshold_s: String(one.threshold_s),
      target_pct: String(one.target_pct),
    })),
  )
  const [touched, touch] = useState(false)
  const saving = useSaving(['/v1/directory/settings', '/v1/targets', '/v1/targets/progress'])
  const change = (next: Promised[]) => {
    touch(true)
    setRows(next)
  }
  const put = (at: number, patch: Partial<Promised>) =>
    change(rows.map((one, n) => (n === at ? { ...one, ...patch } : one)))
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault()
        saving.run(() =>
          client.PATCH('/v1/directory/settings', {
            params: { header: ifMatch(found.etag) },
            body: {
              targets: rows.map((one) => ({
                ...one,
                queue: one.channel === 'call' ? one.queue.trim() : '',
                threshold_s: Number(one.threshold_s),
                target_pct: Number(one.target_pct),
              })),
            },
          }),
        )
      }}
    >
      <header>
        <div>
          <h2>{say('promises')}</h2>
          <p class="about">
            {say('promises.more', {
              pct: found.document.service_target_pct,
              seconds: found.document.service_threshold_s,
            })}
          </p>
        </div>
        <button
          type="button"
          onClick={() =>
            change([
              ...rows,
              {
                channel: 'call',
                team: '',
                queue: '',
                threshold_s: String(found.document.service_threshold_s),
                target_pct: String(found.document.service_target_pct),
              },
            ])
          }
        >
          <Plus size={16} aria-hidden="true" /> {say('promises.add')}
        </button>
      </header>
      <Wrong error={saving.error} fields={['targets']} reload={reload} />
      {rows.length ? null : <p class="faint">{say('promises.none')}</p>}
      {rows.map((one, at) => (
        <div class="target" key={at}>
          <Select
            label={say('channel')}
            value={one.channel}
            options={[
              { id: 'call', name: say('channel.call') },
              { id: 'message', name: say('channel.message') },
            ]}
            onChange={(channel) => put(at, { channel })}
            wrong={wrongOf(saving.error, `targets.${at}.channel`)}
          />
          <Select
            label={say('team')}
            value={one.team}
            options={[{ id: '', name: say('whole_workspace') }, ...teams]}
            onChange={(team) => put(at, { team })}
            wrong={wrongOf(saving.error, `targets.${at}.team`)}
          />
          {one.channel === 'call' ? (
            <Text
              label={say('queue')}
              value={one.queue}
              onChange={(queue) => put(at, { queue })}
              wrong={wrongOf(saving.error, `targets.${at}.queue`)}
            />
          ) : null}
          <Text
            label={`${say('within')}, ${say('unit.s')}`}
            type="number"
            min={1}
            required
            value={one.threshold_s}
            onChange={(threshold_s) => put(at, { threshold_s })}
            wrong={wrongOf(saving.error, `targets.${at}.threshold_s`)}
          />
          <Text
            label={`${say('target')}, %`}
            type="number"
            min={1}
            max={100}
            required
            value={one.target_pct}
            onChange={(target_pct) => put(at, { target_pct })}
            wrong={wrongOf(saving.error, `targets.${at}.target_pct`)}
          />
          <button
            type="button"
            class="quiet"
            title={kit('delete')}
            onClick={() => change(rows.filter((_, n) => n !== at))}
          >
            <Trash2 size={16} aria-hidden="true" />
            <span class="unseen">{kit('delete')}</span>
          </button>
        </div>
      ))}
      <div class="savebar">
        <button type="submit" class="primary" disabled={saving.busy || !touched}>
          {kit('save')}
        </button>
      </div>
    </form>
  )
}
