// Provider accounts: joining one, watching what arrives, changing addresses and secrets (demands.md D42).
import { Plug, RefreshCw, TestTube } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { useFormat } from '../../kit/format'
import { Check, Text, wrongOf } from '../../kit/inputs'
import { Confirm, Dialog, Drawer } from '../../kit/overlay'
import { Fact, Facts, Notice, Secret } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay, useSession } from '../../session'
import { useWords } from '../../words'
import { type Connection, Editor, ifMatch, Pairs, useSaving, Wrong } from './editing'
import { pairsOf, recordOf } from './entries'
import { DAY_S, type Shine, shineOf } from './light'
import { CountryText, ZoneText } from './places'
import { useProviderWords } from './providers'

type Hint = Schemas['ProviderHint']
type Arrivals = Schemas['Arrivals']
type Detail = Schemas['ConnectionDetail']

const SECOND = 1000
const LOOK = 10 * SECOND

/** Seconds of an event's age by the server's clock, which stands beside it. */
const ageOf = (iso: string | null | undefined, now: string): number | null =>
  iso ? Math.max(0, (Date.parse(now) - Date.parse(iso)) / SECOND) : null

/** "2 minutes ago", in the reader's language. */
export function useAgo(): (seconds: number | null) => string {
  const say = useWords('settings')
  const format = useFormat()
  return (seconds) => {
    if (seconds === null) return say('never')
    const relative = new Intl.RelativeTimeFormat(format.locale, { numeric: 'auto' })
    if (seconds < 60) return relative.format(-Math.round(seconds), 'second')
    if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute')
    if (seconds < 2 * DAY_S) return relative.format(-Math.round(seconds / 3600), 'hour')
    return relative.format(-Math.round(seconds / DAY_S), 'day')
  }
}

const TONES: Record<Shine, string> = { off: '', never: '', on: 'good on', late: 'warn', refused: 'bad' }

export function Light({ disabled, arrivals, now }: { disabled: boolean; arrivals?: Arrivals; now: string }) {
  const say = useWords('settings')
  const format = useFormat()
  const ago = useAgo()
  const shine = shineOf(disabled, arrivals, now)
  const last =
    [arrivals?.accepted_at, arrivals?.quarantined_at, arrivals?.refused_at].filter(Boolean).sort().at(-1) ??
    null
  return (
    <span class="light" title={last ? format.exactly(last) : undefined} data-light={shine}>
      <span class={`dot ${TONES[shine]}`} aria-hidden="true" />
      <span>
        {shine === 'never' || shine === 'off' ? null : <>{ago(ageOf(last, now))} · </>}
        <span class="faint">{say(`light.${shine}`)}</span>
      </span>
    </span>
  )
}

export default function Connections() {
  const say = useWords('settings')
  const list = useAnswer('/v1/directory/connections', {})
  const lights = useAnswer('/v1/directory/arrivals', {}, { every: LOOK })
  const providers = useAnswer('/v1/directory/providers', {})
  const administer = useMay('administer')
  const [open, show] = useParameter('connection')
  const [adding, add] = useState(false)
  const labels = new Map(providers.data?.providers.map((hint) => [hint.provider, hint.label]))
  const now = lights.data?.now ?? new Date().toISOString()
  const columns: Column<Connection>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => show(row.id)}>
          {row.name || row.id}
        </button>
      ),
    },
    { id: 'provider', title: say('provider'), cell: (row) => labels.get(row.provider) ?? row.provider },
    {
      id: 'light',
      title: say('last_event'),
      cell: (row) => <Light disabled={row.disabled} arrivals={lights.data?.connections[row.id]} now={now} />,
    },
    { id: 'zone', title: say('zone'), cell: (row) => row.zone },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.connections')}</h2>
          <p class="about">{say('connections.about')}</p>
        </div>
        {administer ? (
          <button type="button" class="primary" onClick={() => add(true)}>
            <Plug size={16} aria-hidden="true" /> {say('connections.add')}
          </button>
        ) : null}
      </header>
      <Answered query={list}>
        {(data) => (
          <Table
            label={say('tab.connections')}
            columns={columns}
            rows={data.connections}
            rowKey={(row) => row.id}
            onPick={(row) => show(row.id)}
            rowClass={(row) => (row.disabled ? 'gone' : undefined)}
            empty={
              <Empty inline title={say('connections.none')}>
                {say('connections.none.text')}
              </Empty>
            }
          />
        )}
      </Answered>
      {adding && providers.data ? (
        <Add
          hints={providers.data.providers}
          onClose={() => add(false)}
          onOpen={(id) => {
            add(false)
            show(id)
          }}
        />
      ) : null}
      {open ? (
        <Shown
          id={open}
          hint={(provider) => providers.data?.providers.find((one) => one.provider === provider)}
          onClose={() => show(null)}
        />
      ) : null}
    </section>
  )
}

function Add({
  hints,
  onClose,
  onOpen,
}: {
  hints: Hint[]
  onClose: () => void
  onOpen: (id: string) => void
}) {
  const say = useWords('settings')
  const words = useProviderWords()
  const session = useSession()
  const [hint, choose] = useState<Hint | null>(null)
  const [name, setName] = useState('')
  const [secret, setSecret] = useState('')
  const [zone, setZone] = useState(session.me.workspace.zone)
  const [country, setCountry] = useState('')
  const [options, setOptions] = useState<Record<string, string>>({})
  const [more, setMore] = useState<[string, string][]>([])
  const [dnd, setDnd] = useState(false)
  const [made, setMade] = useState<Detail | null>(null)
  const saving = useSaving<Detail>(['/v1/directory/connections'], false)
  if (made) {
    // A secret made here is of no use to a provider that makes its own.
    const useful = hint?.secret === 'given' ? { ...made, secret: '' } : made
    return <Made made={useful} owed={hint?.secret === 'given' && !secret} onClose={onClose} onOpen={onOpen} />
  }
  if (!hint) {
    return (
      <Drawer title={say('connections.add')} onClose={onClose}>
        <div class="stack">
          <p>{say('connections.choose')}</p>
          <div class="providers">
            {hints.map((one) => (
              <button type="button" key={one.provider} onClick={() => choose(one)}>
                {one.label}
              </button>
            ))}
          </div>
        </div>
      </Drawer>
    )
  }
  const save = () =>
    saving.run(
      () =>
        client.POST('/v1/directory/connections', {
          body: {
            provider: hint.provider,
            name: name.trim(),
            ...(hint.secret === 'given' && secret ? { secret } : {}),
            zone,
            ...(country ? { country } : {}),
            options: {
              ...recordOf(more),
              ...Object.fromEntries(Object.entries(options).filter(([, text]) => text.trim())),
            },
            capabilities: dnd ? ['dnd'] : [],
          },
        }),
      setMade,
    )
  return (
    <Editor
      title={say('connections.add_of', { provider: hint.label })}
      saving={saving}
      fields={['name', 'secret', 'zone', 'country', 'options', 'capabilities']}
      onClose={onClose}
      onSave={save}
      action={say('connections.make')}
      more={
        <button type="button" onClick={() => choose(null)}>
          {say('connections.other')}
        </button>
      }
    >
      <Steps steps={hint.set_up.steps.map(words)} page={hint.set_up.page} later />
      <Text
        label={say('name')}
        why={say('connections.name.why')}
        value={name}
        maxLength={120}
        onChange={setName}
        wrong={wrongOf(saving.error, 'name')}
      />
      {hint.secret === 'given' ? (
        <Text
          label={say('secret')}
          why={`${words(hint.given_as)} ${say('secret.later')}`}
          type="password"
          autocomplete="off"
          minLength={8}
          value={secret}
          onChange={setSecret}
          wrong={wrongOf(saving.error, 'secret')}
        />
      ) : (
        <Notice>{say(hint.secret === 'made' ? 'secret.made' : 'secret.none')}</Notice>
      )}
      {hint.set_up.options.map((option) => (
        <Text
          key={option.name}
          label={option.name}
          why={words(option.meaning)}
          required={option.required}
          value={options[option.name] ?? ''}
          onChange={(text) => setOptions({ ...options, [option.name]: text })}
          wrong={wrongOf(saving.error, `options.${option.name}`)}
        />
      ))}
      <div class="two">
        <ZoneText
          label={say('zone')}
          why={say(hint.zone_matters ? 'zone.matters' : 'zone.why')}
          value={zone}
          onChange={setZone}
          wrong={wrongOf(saving.error, 'zone')}
        />
        <CountryText
          label={say('country')}
          why={say('country.why')}
          value={country}
          onChange={setCountry}
          wrong={wrongOf(saving.error, 'country')}
        />
      </div>
      {hint.dnd ? <Check label={say('dnd')} why={say('dnd.why')} checked={dnd} onChange={setDnd} /> : null}
      <Pairs
        label={say('options.more')}
        name={say('option')}
        value={say('value')}
        pairs={more}
        onChange={setMore}
      />
      <p class="small-text">
        <b>{say('account')}:</b> {words(hint.set_up.account)}
      </p>
    </Editor>
  )
}

function Steps({ steps, page, later }: { steps: string[]; page: string; later?: boolean }) {
  const say = useWords('settings')
  return (
    <section class="tight">
      <h3>{say(later ? 'steps.later' : 'steps')}</h3>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p class="faint small-text">{say('steps.page', { page })}</p>
    </section>
  )
}

/** Address and secret of a connection that was just made: shown this once. */
function Made({
  made,
  owed,
  onClose,
  onOpen,
}: {
  made: Detail
  /** The provider's own secret is still to be given. */
  owed: boolean
  onClose: () => void
  onOpen: (id: string) => void
}) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const words = useProviderWords()
  return (
    <Drawer
      title={say('made.title')}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={() => onOpen(made.id)}>
            {say('made.watch')}
          </button>
          <button type="button" class="primary" onClick={onClose}>
            {kit('close')}
          </button>
        </>
      }
    >
      <div class="stack">
        <Once made={made} />
        {owed ? <Notice tone="warn">{say('secret.owed')}</Notice> : null}
        <Steps steps={made.set_up.steps.map(words)} page={made.set_up.page} />
        <First id={made.id} />
      </div>
    </Drawer>
  )
}

/** What is shown once: a webhook address, a signing secret. */
function Once({ made }: { made: Detail }) {
  const say = useWords('settings')
  if (!made.webhook_url && !made.secret) return <Notice>{say('made.nothing')}</Notice>
  return (
    <>
      <Notice tone="warn">{say('made.once')}</Notice>
      {made.webhook_url ? (
        <div class="tight">
          <h3>{say('webhook_url')}</h3>
          <Secret text={made.webhook_url} what={say('webhook_url')} />
        </div>
      ) : null}
      {made.secret ? (
        <div class="tight">
          <h3>{say('secret')}</h3>
          <Secret text={made.secret} what={say('secret')} />
        </div>
      ) : null}
    </>
  )
}

function First({ id }: { id: string }) {
  const say = useWords('settings')
  const lights = useAnswer('/v1/directory/arrivals', {}, { every: LOOK })
  if (!lights.data) return null
  return (
    <div class="row" role="status">
      <b>{say('last_event')}:</b>
      <Light disabled={false} arrivals={lights.data.connections[id]} now={lights.data.now} />
    </div>
  )
}

type Asking = 'secret' | 'token' | 'disable' | { remove: string } | null

function Shown({
  id,
  hint,
  onClose,
}: {
  id: string
  hint: (provider: string) => Hint | undefined
  onClose: () => void
}) {
  const say = useWords('settings')
  const words = useProviderWords()
  const detail = useAnswer('/v1/directory/connections/{id}', { params: { path: { id } } }, { keep: false })
  const test = useAnswer(
    '/v1/directory/connections/{id}/test',
    { params: { path: { id } } },
    { every: LOOK, keep: false },
  )
  const administer = useMay('administer')
  const [editing, edit] = useState(false)
  const [asking, ask] = useState<Asking>(null)
  const [fresh, setFresh] = useState<Detail | null>(null)
  const saving = useSaving<Detail>([
    '/v1/directory/connections',
    '/v1/directory/connections/{id}',
    '/v1/directory/arrivals',
  ])
  const known = detail.data
  const about = known ? hint(known.provider) : undefined
  const path = { params: { path: { id } } }
  const done = () => ask(null)
  if (known && editing) {
    return (
      <Edit
        key={known.etag}
        row={known}
        hint={about}
        onClose={() => edit(false)}
        reload={() => void detail.refetch()}
      />
    )
  }
  return (
    <Drawer title={known ? known.name || known.id : id} onClose={onClose}>
      <div class="stack">
        <Answered query={detail}>
          {(row) => (
            <div class="stack">
              <Wrong error={saving.error} />
              {fresh ? <Once made={fresh} /> : null}
              <div class="row">
                <button type="button" onClick={() => edit(true)}>
                  {say('connections.change')}
                </button>
                {administer && row.secrets.length ? (
                  <>
                    <button type="button" onClick={() => ask('secret')}>
                      <RefreshCw size={15} aria-hidden="true" /> {say('secret.rotate')}
                    </button>
                    <button type="button" onClick={() => ask('token')}>
                      <RefreshCw size={15} aria-hidden="true" /> {say('token.rotate')}
                    </button>
                  </>
                ) : null}
                {row.disabled ? (
                  <button
                    type="button"
                    disabled={saving.busy}
                    onClick={() =>
                      saving.run(() => client.POST('/v1/directory/connections/{id}/enable', path))
                    }
                  >
                    {say('enable')}
                  </button>
                ) : (
                  <button type="button" class="danger" onClick={() => ask('disable')}>
                    {say('disable')}
                  </button>
                )}
              </div>
              <Facts>
                <Fact name={say('provider')}>{about?.label ?? row.provider}</Fact>
                <Fact name={say('id')}>
                  <code>{row.id}</code>
                </Fact>
                <Fact name={say('zone')}>{row.zone}</Fact>
                <Fact name={say('country')}>{row.country}</Fact>
                <Fact name={say('account')}>{words(row.set_up.account)}</Fact>
                {Object.entries(row.options).map(([name, value]) => (
                  <Fact key={name} name={<code>{name}</code>}>
                    {value}
                  </Fact>
                ))}
                {row.secrets.length ? (
                  <Fact name={say('secrets')}>
                    <div class="tight">
                      {row.secrets.map((secret, at) => (
                        <span class="row" key={secret}>
                          <code>{secret}</code>
                          <span class="faint small-text">
                            {say(at === 0 ? 'secrets.newest' : 'secrets.older')}
                          </span>
                          {administer && row.secrets.length > 1 ? (
                            <button
                              type="button"
                              class="small"
                              onClick={() => ask({ remove: secret })}
                              aria-label={`${say('secrets.remove')} ${secret}`}
                            >
                              {say('secrets.remove')}
                            </button>
                          ) : null}
                        </span>
                      ))}
                    </div>
                  </Fact>
                ) : null}
              </Facts>
            </div>
          )}
        </Answered>
        <section class="stack">
          <h3 class="row">
            <TestTube size={16} aria-hidden="true" /> {say('test')}
          </h3>
          <Answered query={test}>{(seen) => <Test seen={seen} />}</Answered>
        </section>
        {known ? (
          <>
            {known.secrets.length ? <Notice>{say('address.hidden')}</Notice> : null}
            <Steps steps={known.set_up.steps.map(words)} page={known.set_up.page} />
          </>
        ) : null}
      </div>
      {asking === 'secret' ? (
        <Rotate
          given={about?.secret === 'given' ? words(about.given_as) : ''}
          onClose={done}
          busy={saving.busy}
          onRotate={(secret) =>
            saving.run(
              () =>
                client.POST('/v1/directory/connections/{id}/secrets', {
                  ...path,
                  body: secret ? { secret } : {},
                }),
              (answer) => {
                setFresh(answer)
                done()
              },
            )
          }
        />
      ) : null}
      {asking === 'token' ? (
        <Confirm
          title={say('token.rotate')}
          text={say('token.rotate.text')}
          action={say('token.rotate')}
          danger
          busy={saving.busy}
          onClose={done}
          onConfirm={() =>
            saving.run(
              () => client.POST('/v1/directory/connections/{id}/token', path),
              (answer) => {
                setFresh(answer)
                done()
              },
            )
          }
        />
      ) : null}
      {asking === 'disable' ? (
        <Confirm
          title={say('disable')}
          text={say('disable.text')}
          action={say('disable')}
          danger
          busy={saving.busy}
          onClose={done}
          onConfirm={() =>
            saving.run(() => client.POST('/v1/directory/connections/{id}/disable', path), done)
          }
        />
      ) : null}
      {asking && typeof asking === 'object' ? (
        <Confirm
          title={say('secrets.remove')}
          text={say('secrets.remove.text', { secret: asking.remove })}
          action={say('secrets.remove')}
          danger
          busy={saving.busy}
          onClose={done}
          onConfirm={() =>
            saving.run(
              () =>
                client.DELETE('/v1/directory/connections/{id}/secrets/{secret}', {
                  params: { path: { id, secret: asking.remove } },
                }),
              done,
            )
          }
        />
      ) : null}
    </Drawer>
  )
}

function Rotate({
  given,
  onClose,
  onRotate,
  busy,
}: {
  given: string
  onClose: () => void
  onRotate: (secret: string) => void
  busy: boolean
}) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const [secret, setSecret] = useState('')
  return (
    <Dialog
      title={say('secret.rotate')}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button
            type="button"
            class="primary"
            disabled={busy || (given !== '' && secret.length < 8)}
            onClick={() => onRotate(secret)}
          >
            {say('secret.rotate')}
          </button>
        </>
      }
    >
      <div class="stack">
        <p>{say('secret.rotate.text')}</p>
        {given ? (
          <Text
            label={say('secret')}
            why={given}
            type="password"
            autocomplete="off"
            value={secret}
            onChange={setSecret}
          />
        ) : null}
      </div>
    </Dialog>
  )
}

function Test({ seen }: { seen: Schemas['ConnectionTest'] }) {
  const say = useWords('settings')
  return (
    <div class="stack">
      <Facts>
        <Fact name={say('arrivals.accepted')}>
          <When at={seen.arrivals.accepted_at} />
        </Fact>
        <Fact name={say('arrivals.quarantined')}>
          <When at={seen.arrivals.quarantined_at} />
        </Fact>
        <Fact name={say('arrivals.refused')}>
          <When at={seen.arrivals.refused_at} />
        </Fact>
      </Facts>
      {seen.arrivals.refused_at ? <p class="small-text faint">{say('arrivals.refused.why')}</p> : null}
      <SetAside aside={seen.quarantined} />
    </div>
  )
}

function When({ at }: { at: string | null | undefined }): ComponentChildren {
  const say = useWords('settings')
  const format = useFormat()
  const ago = useAgo()
  const [now, setNow] = useState(() => new Date().toISOString())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date().toISOString()), LOOK)
    return () => clearInterval(timer)
  }, [])
  if (!at) return <span class="faint">{say('never')}</span>
  return (
    <span>
      {format.exactly(at)} <span class="faint">({ago(ageOf(at, now))})</span>
    </span>
  )
}

const STAGES = ['identify', 'conflict', 'parse', 'fold', 'live'] as const

/** Deliveries that could not be read: where, why and when; never what was in them. */
export function SetAside({ aside }: { aside: Schemas['Quarantine'] }) {
  const say = useWords('settings')
  const format = useFormat()
  if (!aside.count) return <p class="faint">{say('aside.none')}</p>
  return (
    <div class="tight">
      <b>{say(aside.at_least ? 'aside.at_least' : 'aside.count', { count: aside.count })}</b>
      <Table
        label={say('aside.latest')}
        columns={[
          { id: 'at', title: say('when'), cell: (one) => format.exactly(one.at) },
          {
            id: 'stage',
            title: say('stage'),
            cell: (one) => {
              const stage = STAGES.find((known) => known === one.stage)
              return stage ? say(`stage.${stage}`) : one.stage
            },
          },
          { id: 'field', title: say('field'), cell: (one) => <code>{one.field}</code> },
          { id: 'reason', title: say('reason'), cell: (one) => one.reason },
        ]}
        rows={[...aside.latest]}
        rowKey={(one) => `${one.at} ${one.field} ${one.reason}`}
      />
      <p class="faint small-text">{say('aside.what')}</p>
    </div>
  )
}

function Edit({
  row,
  hint,
  onClose,
  reload,
}: {
  row: Connection
  hint?: Hint
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('settings')
  const words = useProviderWords()
  const [name, setName] = useState(row.name)
  const [zone, setZone] = useState(row.zone)
  const [country, setCountry] = useState(row.country)
  const named = hint?.set_up.options.map((option) => option.name) ?? []
  const [options, setOptions] = useState<Record<string, string>>(
    Object.fromEntries(Object.entries(row.options).filter(([key]) => named.includes(key))),
  )
  const [more, setMore] = useState(pairsOf(row.options).filter(([key]) => !named.includes(key)))
  const [dnd, setDnd] = useState(row.capabilities.includes('dnd'))
  const saving = useSaving<Detail>(['/v1/directory/connections', '/v1/directory/connections/{id}'])
  const save = () => {
    const kept = row.capabilities.filter((one) => one !== 'dnd')
    saving.run(
      () =>
        client.PATCH('/v1/directory/connections/{id}', {
          params: { path: { id: row.id }, header: ifMatch(row.etag) },
          body: {
            name: name.trim(),
            zone,
            ...(country ? { country } : {}),
            options: {
              ...recordOf(more),
              ...Object.fromEntries(Object.entries(options).filter(([, text]) => text.trim())),
            },
            capabilities: dnd ? [...kept, 'dnd'] : kept,
          },
        }),
      onClose,
    )
  }
  return (
    <Editor
      title={say('connections.change_of', { name: row.name || row.id })}
      saving={saving}
      fields={['name', 'zone', 'country', 'options', 'capabilities']}
      onClose={onClose}
      onSave={save}
      reload={reload}
    >
      <Text
        label={say('name')}
        value={name}
        maxLength={120}
        onChange={setName}
        wrong={wrongOf(saving.error, 'name')}
      />
      <div class="two">
        <ZoneText
          label={say('zone')}
          why={say('zone.again')}
          value={zone}
          onChange={setZone}
          wrong={wrongOf(saving.error, 'zone')}
        />
        <CountryText
          label={say('country')}
          why={say('country.why')}
          value={country}
          onChange={setCountry}
          wrong={wrongOf(saving.error, 'country')}
        />
      </div>
      {hint?.set_up.options.map((option) => (
        <Text
          key={option.name}
          label={option.name}
          why={words(option.meaning)}
          required={option.required}
          value={options[option.name] ?? ''}
          onChange={(text) => setOptions({ ...options, [option.name]: text })}
          wrong={wrongOf(saving.error, `options.${option.name}`)}
        />
      ))}
      <Check label={say('dnd')} why={say('dnd.why')} checked={dnd} onChange={setDnd} />
      <Pairs
        label={say('options.more')}
        name={say('option')}
        value={say('value')}
        pairs={more}
        onChange={setMore}
        wrong={wrongOf(saving.error, 'options')}
      />
    </Editor>
  )
}
