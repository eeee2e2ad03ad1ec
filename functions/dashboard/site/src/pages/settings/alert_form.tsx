// One alert, new or changed: what is watched and where, when somebody is told, and who.
import { useState } from 'preact/hooks'
import { type Answer, client, type Schemas, useChange } from '../../ask'
import { optionsOf, useChoices } from '../../filter/bar'
import { useFormat } from '../../kit/format'
import { Check, Refusal, Select, Text, wrongOf } from '../../kit/inputs'
import { Dialog } from '../../kit/overlay'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { type Recipient, Recipients } from '../exports/recipients'
import { type Quiet, quietOf } from './quiet'

export type Alert = Answer<'/v1/alerts/{id}'>
/** What the answer to a change tells beside the list: the secret of a webhook, once. */
export type Saved = Pick<Alert, 'name' | 'webhook'>
type Kind = Schemas['AlertKind']
type Week = Schemas['QuietView']['weekly']

const KINDS = [
  'longest_wait',
  'waiting',
  'missed_burst',
  'no_agent',
  'service_level',
  'spend',
  'abuse',
] as const
const USUAL: Record<Kind, string> = {
  longest_wait: '120',
  waiting: '5',
  missed_burst: '5',
  no_agent: '1',
  service_level: '80',
  spend: '500',
  abuse: '3',
}
const WINDOWS: Partial<Record<Kind, number>> = { missed_burst: 900, service_level: 1800, abuse: 3600 }
const ENDLESS: readonly Kind[] = ['spend', 'abuse']
const DAYS = [1, 2, 3, 4, 5, 6, 7]

/** Where a kind can be looked for. */
function placesOf(kind: Kind, money: boolean): ('team' | 'queue' | 'number' | 'user')[] {
  if (kind === 'no_agent') return ['team']
  if (kind === 'spend') return money ? ['team', 'number', 'user'] : []
  return ['team', 'queue', 'number']
}

interface FormProps {
  rule: Alert | null
  onClose: () => void
  onSaved: (made: Saved) => void
}

export function AlertForm({ rule, onClose, onSaved }: FormProps) {
  const say = useWords('alerts')
  const exports = useWords('exports')
  const format = useFormat()
  const choices = useChoices()
  const { me, may } = useSession()
  const admin = may('administer')
  const [name, setName] = useState(rule?.name ?? '')
  const [kind, setKind] = useState<Kind>(rule?.kind ?? 'longest_wait')
  const [threshold, setThreshold] = useState(rule?.threshold ?? USUAL.longest_wait)
  const [clear, setClear] = useState(rule?.clear ?? '')
  const [place, setPlace] = useState({
    team: rule?.team ?? '',
    queue: rule?.queue ?? '',
    number: rule?.number ?? '',
    user: rule?.user ?? '',
  })
  const [every, setEvery] = useState<Schemas['Every']>(rule?.every ?? 'month')
  const [window, setWindow] = useState(
    String((rule?.window_s ?? WINDOWS[rule?.kind ?? 'missed_burst'] ?? 900) / 60),
  )
  const [lasts, setLasts] = useState(String(rule?.lasts_s ?? 0))
  const [settle, setSettle] = useState(String(rule?.settle_s ?? 120))
  const [cooldown, setCooldown] = useState(String((rule?.cooldown_s ?? 900) / 60))
  const [least, setLeast] = useState(String(rule?.least ?? 10))
  const [open, setOpen] = useState(rule?.open_hours ?? false)
  const [ends, setEnds] = useState(rule?.tells_end ?? true)
  const [enabled, setEnabled] = useState(rule?.enabled ?? true)
  const [webhook, setWebhook] = useState(rule?.webhook?.url ?? '')
  const kept = quietOf(rule?.quiet.weekly ?? {})
  const [own, setOwn] = useState(kept === null)
  const [quiet, setQuiet] = useState<Quiet>(kept ?? { days: [], from: '22:00', to: '07:00' })
  const [mode, setMode] = useState<Schemas['QuietMode']>(rule?.quiet.mode ?? 'digest')
  const [recipients, setRecipients] = useState<Recipient[]>(
    rule?.recipients.map(({ user, address, language }) =>
      user ? { user, language } : { address, language },
    ) ?? [{ user: me.user.id }],
  )
  const [takeOver, setTakeOver] = useState(false)
  const save = useChange(
    (body: Schemas['AlertBody']) =>
      rule
        ? client.PUT('/v1/alerts/{id}', {
            params: { path: { id: rule.id }, header: { 'If-Match': `"${rule.version}"` } },
            body,
          })
        : client.POST('/v1/alerts', { body }),
    ['/v1/alerts', '/v1/mail/addresses'],
  )
  const places = placesOf(kind, may('see_costs'))
  const kinds = KINDS.filter((one) => one !== 'spend' || may('see_costs') || rule?.kind === 'spend')
  const choose = (next: Kind) => {
    setKind(next)
    setThreshold(USUAL[next])
    setClear('')
    setWindow(String((WINDOWS[next] ?? 900) / 60))
    setOpen(next === 'no_agent')
    setEnds(!ENDLESS.includes(next))
  }
  const submit = () =>
    save.mutate(
      {
        name,
        kind,
        threshold,
        ...(clear.trim() ? { clear } : {}),
        ...Object.fromEntries(places.map((one) => [one, place[one]])),
        ...(kind === 'spend' ? { every } : {}),
        ...(WINDOWS[kind] ? { window_s: Math.round(Number(window) * 60) } : {}),
        lasts_s: Number(lasts),
        settle_s: Number(settle),
        cooldown_s: Math.round(Number(cooldown) * 60),
        least: Number(least) || 1,
        open_hours: open,
        tells_end: ends,
        enabled,
        recipients,
        webhook,
        quiet: {
          mode,
          weekly: own
            ? ((rule?.quiet.weekly ?? {}) as Week)
            : Object.fromEntries(
                quiet.days.map((day) => [String(day), [[quiet.from, quiet.to] as [string, string]]]),
              ),
        },
        ...(takeOver ? { owner: me.user.id } : {}),
      },
      { onSuccess: onSaved },
    )
  const wrong = (field: string) => wrongOf(save.error, field)
  const options = (all: Parameters<typeof optionsOf>[0]) => [
    { id: '', name: say('everything') },
    ...optionsOf(all)
      .filter((one) => !one.gone)
      .map(({ id, name }) => ({ id, name })),
  ]
  return (
    <Dialog
      kind="wide"
      title={rule ? say('edit', { name: rule.name }) : say('new')}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {exports('close')}
          </button>
          <button type="submit" form="alert-form" class="primary" disabled={!name.trim() || save.isPending}>
            {exports('save')}
          </button>
        </>
      }
    >
      <form
        id="alert-form"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Text
          label={exports('name')}
          value={name}
          onChange={setName}
          maxLength={120}
          required
          wrong={wrong('name')}
        />
        <fieldset class="form">
          <legend>{say('watched')}</legend>
          <Select
            label={say('kind')}
            why={say(`why.${kind}`)}
            value={kind}
            options={kinds.map((one) => ({ id: one, name: say(`kind.${one}`) }))}
            onChange={choose}
            wrong={wrong('kind')}
          />
          <div class="grid alert-fields">
            <Text
              label={say(`threshold.${kind}`, { currency: me.workspace.currency })}
              type="number"
              step="any"
              required
              value={threshold}
              onChange={setThreshold}
              wrong={wrong('threshold')}
            />
            <Text
              label={say('clear')}
              why={say('clear.why')}
              type="number"
              step="any"
              value={clear}
              onChange={setClear}
              wrong={wrong('clear')}
            />
            {WINDOWS[kind] ? (
              <Text
                label={say('window')}
                type="number"
                min={5}
                max={1440}
                value={window}
                onChange={setWindow}
                wrong={wrong('window_s')}
              />
            ) : null}
            {kind === 'service_level' ? (
              <Text
                label={say('least')}
                type="number"
                min={1}
                value={least}
                onChange={setLeast}
                wrong={wrong('least')}
              />
            ) : null}
            {kind === 'spend' ? (
              <Select
                label={say('every')}
                value={every}
                options={(['month', 'quarter', 'year'] as const).map((one) => ({
                  id: one,
                  name: say(`every.${one}`),
                }))}
                onChange={setEvery}
                wrong={wrong('every')}
              />
            ) : null}
          </div>
          <div class="grid alert-fields">
            {places.includes('team') ? (
              <Select
                label={say('team')}
                value={place.team}
                options={options(choices?.teams)}
                onChange={(team) => setPlace({ ...place, team })}
                wrong={wrong('team')}
              />
            ) : null}
            {places.includes('number') ? (
              <Select
                label={say('number')}
                value={place.number}
                options={options(choices?.numbers)}
                onChange={(number) => setPlace({ ...place, number })}
                wrong={wrong('number')}
              />
            ) : null}
            {places.includes('queue') ? (
              <Text
                label={say('queue')}
                value={place.queue}
                onChange={(queue) => setPlace({ ...place, queue })}
                placeholder={say('everything')}
                wrong={wrong('queue')}
              />
            ) : null}
            {places.includes('user') ? (
              <Select
                label={say('user')}
                value={place.user}
                options={options(choices?.users)}
                onChange={(user) => setPlace({ ...place, user })}
                wrong={wrong('user')}
              />
            ) : null}
          </div>
          <Check label={say('open_hours')} checked={open} onChange={setOpen} />
        </fieldset>
        <fieldset class="form">
          <legend>{say('when')}</legend>
          <div class="grid alert-fields">
            <Text
              label={say('lasts_s')}
              type="number"
              min={0}
              value={lasts}
              onChange={setLasts}
              wrong={wrong('lasts_s')}
            />
            <Text
              label={say('settle_s')}
              type="number"
              min={0}
              value={settle}
              onChange={setSettle}
              wrong={wrong('settle_s')}
            />
            <Text
              label={say('cooldown')}
              type="number"
              min={0}
              value={cooldown}
              onChange={setCooldown}
              wrong={wrong('cooldown_s')}
            />
          </div>
          <Check label={say('tells_end')} checked={ends} onChange={setEnds} />
          <div class="tight">
            <b class="small-text">{say('quiet')}</b>
            {own ? (
              <div class="row">
                <span class="faint">{say('quiet.own')}</span>
                <button type="button" class="small" onClick={() => setOwn(false)}>
                  {say('quiet.anew')}
                </button>
              </div>
            ) : (
              <>
                <div class="alert-days">
                  {DAYS.map((day) => (
                    <Check
                      key={day}
                      label={format.weekday(day)}
                      checked={quiet.days.includes(day)}
                      onChange={(on) =>
                        setQuiet({
                          ...quiet,
                          days: on ? [...quiet.days, day].sort() : quiet.days.filter((one) => one !== day),
                        })
                      }
                    />
                  ))}
                </div>
                {quiet.days.length ? (
                  <div class="grid alert-fields">
                    <Text
                      label={say('quiet.from')}
                      type="time"
                      required
                      value={quiet.from}
                      onChange={(from) => setQuiet({ ...quiet, from: from.slice(0, 5) })}
                      wrong={wrong('quiet.weekly')}
                    />
                    <Text
                      label={say('quiet.to')}
                      type="time"
                      required
                      value={quiet.to}
                      onChange={(to) => setQuiet({ ...quiet, to: to.slice(0, 5) })}
                    />
                    <Select
                      label={say('quiet.mode')}
                      value={mode}
                      options={(['digest', 'drop'] as const).map((one) => ({
                        id: one,
                        name: say(`quiet.${one}`),
                      }))}
                      onChange={setMode}
                    />
                  </div>
                ) : null}
              </>
            )}
            <span class="faint small-text">{say('quiet.why', { zone: me.workspace.zone })}</span>
          </div>
        </fieldset>
        <Recipients
          recipients={recipients}
          known={rule?.recipients}
          onChange={setRecipients}
          wrong={wrong('recipients')}
        />
        <Text
          label={say('webhook')}
          why={admin ? say('webhook.why') : say('webhook.admin')}
          type="url"
          placeholder="https://"
          disabled={!admin}
          value={webhook}
          onChange={setWebhook}
          wrong={wrong('webhook')}
        />
        <Check label={say('enabled')} checked={enabled} onChange={setEnabled} />
        {rule && !rule.mine && admin ? (
          <Check
            label={exports('schedule.take_over')}
            why={say('take_over.why')}
            checked={takeOver}
            onChange={setTakeOver}
          />
        ) : null}
        <Refusal error={save.error} />
      </form>
    </Dialog>
  )
}
