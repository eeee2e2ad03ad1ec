// Alerts: who is told when customers wait, calls are missed, nobody is there, or too much is spent (demands.md D68).
import { Bell, BellOff, BellPlus, FlaskConical, History, KeyRound, Pencil, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange, usePages } from '../../ask'
import { useChoices } from '../../filter/bar'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Confirm, Dialog, Drawer, Menu, useToast } from '../../kit/overlay'
import { Fact, Facts, Notice, Secret } from '../../kit/pieces'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay } from '../../session'
import { useWords } from '../../words'
import { useAgain } from '../exports/job'
import { ReachTag, useNames } from '../exports/recipients'
import { type Alert, AlertForm, type Saved } from './alert_form'
import '../exports/exports.css'
import './alerts.css'

type Event = Schemas['AlertEventView']
const LIST = '/v1/alerts'
const HISTORY = '/v1/alerts/{id}/history'
const UNDER_WAY = new Set<string>(['planned', 'queued', 'sending'])

/** A value of a rule in its unit. */
export function useMeasure(): (value: string | null, rule: Pick<Alert, 'unit' | 'currency'>) => string {
  const format = useFormat()
  return (value, { unit, currency }) => {
    if (value === null) return format.count(null)
    if (unit === 'seconds') return format.seconds(value)
    if (unit === 'money') return format.money(value, currency)
    return unit === 'percent' ? format.share(Number(value) / 100) : format.count(value)
  }
}

/** What a rule watches: names of its team, queue, number and person. */
function usePlace(): (rule: Alert) => string {
  const say = useWords('alerts')
  const choices = useChoices()
  return (rule) => {
    const named = (all: readonly { id: string; name: string }[] | undefined, id: string) =>
      id ? (all?.find((one) => one.id === id)?.name ?? id) : ''
    const places = [
      named(choices?.teams, rule.team),
      rule.queue,
      named(choices?.numbers, rule.number),
      named(choices?.users, rule.user),
    ].filter(Boolean)
    return places.join(', ') || say('everything')
  }
}

function Standing({ rule }: { rule: Alert }) {
  const say = useWords('alerts')
  const format = useFormat()
  const measure = useMeasure()
  const { state } = rule
  const muted = rule.muted_until && Date.parse(rule.muted_until) > Date.now()
  return (
    <div class="tight">
      <span class="row">
        {state.stopped ? (
          <span class="tag bad">{say('stopped')}</span>
        ) : rule.enabled ? (
          <span
            class={`tag ${state.phase === 'firing' ? 'bad' : state.phase === 'pending' ? 'warn' : 'good'}`}
          >
            {say(`phase.${state.phase}`)}
          </span>
        ) : (
          <span class="tag">{say('disabled')}</span>
        )}
        {muted ? (
          <span class="tag warn">{say('muted_until', { at: format.at(rule.muted_until) })}</span>
        ) : null}
        {state.unsteady ? <span class="tag warn">{say('unsteady')}</span> : null}
      </span>
      {state.stopped ? <span class="small-text bad">{state.stopped}</span> : null}
      {state.phase === 'firing' && state.incident ? (
        <span class="small-text">
          {say('firing', { at: format.at(state.incident.at), worst: measure(state.incident.worst, rule) })}
        </span>
      ) : null}
      {rule.webhook?.stopped ? (
        <span class="small-text bad">{say('webhook.stopped', { why: rule.webhook.stopped })}</span>
      ) : null}
    </div>
  )
}

function Line({ event, rule }: { event: Event; rule: Alert }) {
  const say = useWords('alerts')
  const exports = useWords('exports')
  const format = useFormat()
  const measure = useMeasure()
  const name = useNames()
  return (
    <li class="tight" data-event={event.id}>
      <div class="row">
        <span
          class={`tag ${event.kind === 'resolved' ? 'good' : event.kind === 'test' || event.kind === 'resumed' ? '' : 'bad'}`}
        >
          {say(`event.${event.kind}`)}
        </span>
        <b>{format.exactly(event.at)}</b>
      </div>
      {event.measured === null ? null : (
        <span>
          {say('measured', {
            value: measure(event.measured, rule),
            threshold: measure(event.threshold, rule),
          })}
          {event.n === null ? null : <span class="faint"> {say('of_n', { count: event.n })}</span>}
        </span>
      )}
      {event.kind === 'digest'
        ? event.incidents.map((one) => (
            <span key={one.number} class="small-text">
              {format.at(one.at)} – {one.over_at ? format.at(one.over_at) : say('lasts')}:{' '}
              {measure(one.worst, rule)}
            </span>
          ))
        : null}
      {event.more ? (
        <span class="faint small-text">{say('more_incidents', { count: event.more })}</span>
      ) : null}
      {event.silent ? (
        <span class="faint small-text">
          {say('silent', { why: say(`silent.${event.silent}` as 'silent.muted') })}
        </span>
      ) : null}
      <ul class="tight alert-lines">
        {event.deliveries.map((one) => (
          <li key={`${one.channel} ${one.user} ${one.address}`} class="row">
            <span>
              {one.channel === 'webhook' ? say('webhook') : one.user ? name(one.user) : one.address}
            </span>
            <span
              class={`tag ${one.state === 'sent' ? 'good' : one.state === 'failed' ? 'bad' : one.state === 'skipped' ? '' : 'accent'}`}
            >
              {UNDER_WAY.has(one.state)
                ? exports('mail.sending')
                : say(`delivery.${one.state}` as 'delivery.sent')}
            </span>
            <span class="faint small-text">{format.at(one.at)}</span>
            {one.said ? <span class="small-text warn">{one.said}</span> : null}
          </li>
        ))}
      </ul>
    </li>
  )
}

function Past({ rule, onClose }: { rule: Alert; onClose: () => void }) {
  const say = useWords('alerts')
  const pages = usePages(
    HISTORY,
    (before) => ({ params: { path: { id: rule.id }, query: before ? { before } : {} } }),
    (page) => page.next,
  )
  const events = pages.data?.pages.flatMap((page) => page.events) ?? []
  const busy = events.filter((event) => event.deliveries.some((one) => UNDER_WAY.has(one.state)))
  useAgain(busy.map((event) => event.id).join(' '), () => pages.refetch())
  return (
    <Drawer title={say('history', { name: rule.name })} onClose={onClose}>
      {pages.error && !pages.data ? <Problem error={pages.error} retry={() => void pages.refetch()} /> : null}
      {pages.isPending ? <Skeleton lines={6} /> : null}
      {pages.data && !events.length ? <Empty title={say('history.none')}>{say('history.kept')}</Empty> : null}
      <ol class="stack alert-lines">
        {events.map((event) => (
          <Line key={event.id} event={event} rule={rule} />
        ))}
      </ol>
      {pages.hasNextPage ? (
        <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {say('more')}
        </button>
      ) : null}
    </Drawer>
  )
}

/** The secret of a webhook, in the one answer that shows it. */
function Once({ rule, onClose }: { rule: Saved; onClose: () => void }) {
  const say = useWords('alerts')
  return (
    <Dialog
      title={say('secret.title')}
      onClose={onClose}
      foot={
        <button type="button" class="primary" onClick={onClose}>
          {say('secret.kept')}
        </button>
      }
    >
      <div class="stack">
        <Notice tone="warn">{say('secret.once')}</Notice>
        <Facts>
          <Fact name={say('webhook')}>{rule.webhook?.url}</Fact>
        </Facts>
        <Secret text={rule.webhook?.secret ?? ''} what={say('secret')} />
        <p class="faint">{say('secret.how')}</p>
      </div>
    </Dialog>
  )
}

const HOURS = [1, 4, 12, 24] as const

export default function AlertsTab() {
  const say = useWords('alerts')
  const exports = useWords('exports')
  const tell = useToast()
  const name = useNames()
  const place = usePlace()
  const measure = useMeasure()
  const admin = useMay('administer')
  const all = useAnswer(LIST, {}, { every: 30_000 })
  const [opened, setOpened] = useParameter('alert')
  const [editing, edit] = useState<Alert | 'new' | null>(null)
  const [deleting, setDeleting] = useState<Alert | null>(null)
  const [rotating, setRotating] = useState<Alert | null>(null)
  const [secret, setSecret] = useState<Saved | null>(null)
  const mute = useChange(
    ({ id, until }: { id: string; until: string | null }) =>
      client.POST('/v1/alerts/{id}/mute', { params: { path: { id } }, body: { until } }),
    [LIST],
  )
  const test = useChange(
    (id: string) => client.POST('/v1/alerts/{id}/test', { params: { path: { id } } }),
    [LIST, HISTORY],
  )
  const rotate = useChange(
    (id: string) => client.POST('/v1/alerts/{id}/secret', { params: { path: { id } } }),
    [LIST],
  )
  const remove = useChange(
    (id: string) => client.DELETE('/v1/alerts/{id}', { params: { path: { id } } }),
    [LIST],
  )
  const refused = (error: Error) => tell(error.message, true)
  const shown = all.data?.alerts.find((one) => one.id === opened)

  const columns: Column<Alert>[] = [
    {
      id: 'name',
      title: exports('name'),
      names: true,
      cell: (rule) => (
        <div class="tight">
          <button type="button" class="link" onClick={() => setOpened(rule.id)}>
            {rule.name}
          </button>
          <span class="faint small-text">
            {say(`kind.${rule.kind}`)}:{' '}
            {say(rule.kind === 'no_agent' || rule.kind === 'service_level' ? 'below' : 'from', {
              threshold: measure(rule.threshold, rule),
            })}
          </span>
          <span class="faint small-text">{place(rule)}</span>
          {rule.mine ? null : (
            <span class="faint small-text">{exports('schedule.of', { name: name(rule.owner) })}</span>
          )}
        </div>
      ),
    },
    { id: 'state', title: exports('state'), cell: (rule) => <Standing rule={rule} /> },
    {
      id: 'to',
      title: exports('recipients'),
      cell: (rule) => (
        <ul class="tight alert-lines">
          {rule.recipients.map((one) => (
            <li key={one.user || one.address} class="row">
              <span>{one.user ? name(one.user) : one.address}</span>
              {one.state === 'ok' ? null : <ReachTag state={one.state} />}
            </li>
          ))}
          {rule.webhook ? (
            <li class="row">
              <span class="tag">{say('webhook')}</span>
            </li>
          ) : null}
        </ul>
      ),
    },
    {
      id: 'do',
      title: <span class="unseen">{exports('actions')}</span>,
      cell: (rule) => {
        const muted = rule.muted_until !== null && Date.parse(rule.muted_until) > Date.now()
        return (
          <div class="alert-actions no-print">
            <button
              type="button"
              class="small"
              disabled={test.isPending}
              onClick={() =>
                test.mutate(rule.id, {
                  onSuccess: () => {
                    tell(say('tested'))
                    setOpened(rule.id)
                  },
                  onError: refused,
                })
              }
            >
              <FlaskConical size={14} aria-hidden="true" /> {say('test')}
              <span class="unseen">{rule.name}</span>
            </button>
            {muted ? (
              <button
                type="button"
                class="small"
                onClick={() => mute.mutate({ id: rule.id, until: null }, { onError: refused })}
              >
                <Bell size={14} aria-hidden="true" /> {say('unmute')}
              </button>
            ) : (
              <Menu
                className="small"
                toStart
                button={
                  <>
                    <BellOff size={14} aria-hidden="true" /> <span>{say('mute')}</span>
                  </>
                }
              >
                {(close) => (
                  <div class="options">
                    {HOURS.map((hours) => (
                      <button
                        type="button"
                        key={hours}
                        onClick={() => {
                          close()
                          mute.mutate(
                            { id: rule.id, until: new Date(Date.now() + hours * 3_600_000).toISOString() },
                            { onError: refused },
                          )
                        }}
                      >
                        {say('mute.hours', { count: hours })}
                      </button>
                    ))}
                  </div>
                )}
              </Menu>
            )}
            <button
              type="button"
              class="quiet small"
              title={exports('history')}
              onClick={() => setOpened(rule.id)}
            >
              <History size={15} aria-hidden="true" />
              <span class="unseen">{exports('history')}</span>
            </button>
            {rule.webhook && admin ? (
              <button
                type="button"
                class="quiet small"
                title={say('secret.new')}
                onClick={() => setRotating(rule)}
              >
                <KeyRound size={15} aria-hidden="true" />
                <span class="unseen">{say('secret.new')}</span>
              </button>
            ) : null}
            <button type="button" class="quiet small" title={exports('edit')} onClick={() => edit(rule)}>
              <Pencil size={15} aria-hidden="true" />
              <span class="unseen">{exports('edit')}</span>
            </button>
            <button
              type="button"
              class="quiet small"
              title={exports('delete')}
              onClick={() => setDeleting(rule)}
            >
              <Trash2 size={15} aria-hidden="true" />
              <span class="unseen">{exports('delete')}</span>
            </button>
          </div>
        )
      },
    },
  ]

  return (
    <>
      <Card
        title={say('title')}
        about={say('about')}
        tools={
          <button type="button" class="primary" onClick={() => edit('new')}>
            <BellPlus size={16} aria-hidden="true" /> {say('new')}
          </button>
        }
      >
        <Answered query={all}>
          {(found) => (
            <div class="export-table">
              <Table
                label={say('title')}
                columns={columns}
                rows={found.alerts}
                rowKey={(rule) => rule.id}
                empty={<Empty title={say('none')}>{say('none.how')}</Empty>}
              />
            </div>
          )}
        </Answered>
      </Card>
      {editing ? (
        <AlertForm
          rule={editing === 'new' ? null : editing}
          onClose={() => edit(null)}
          onSaved={(made) => {
            edit(null)
            tell(say('kept', { name: made.name }))
            if (made.webhook?.secret) setSecret(made)
          }}
        />
      ) : null}
      {shown ? <Past rule={shown} onClose={() => setOpened(null)} /> : null}
      {rotating ? (
        <Confirm
          title={say('secret.new')}
          text={say('secret.new.why')}
          action={say('secret.new')}
          busy={rotate.isPending}
          onConfirm={() =>
            rotate.mutate(rotating.id, {
              onSuccess: (made) => {
                setRotating(null)
                setSecret(made)
              },
              onError: refused,
            })
          }
          onClose={() => setRotating(null)}
        />
      ) : null}
      {secret ? <Once rule={secret} onClose={() => setSecret(null)} /> : null}
      {deleting ? (
        <Confirm
          title={say('delete', { name: deleting.name })}
          text={say('delete.why')}
          action={exports('delete')}
          danger
          busy={remove.isPending}
          onConfirm={() =>
            remove.mutate(deleting.id, { onSuccess: () => setDeleting(null), onError: refused })
          }
          onClose={() => setDeleting(null)}
        />
      ) : null}
    </>
  )
}
