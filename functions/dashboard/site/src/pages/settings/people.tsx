// People: roles, rights, teams, numbers and the accounts that calls are attributed by (features.md O3, W18; F4, F5).
import { Plus, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { Many, matches, type Option } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Check, Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { type Ability, useMay, useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, useWords } from '../../words'
import { Editor, ifMatch, type User, useEditing, useSaving } from './editing'
import { Transfer } from './transfer'
import { momentOf, wallOf } from './zoned'

type Users = Schemas['Users']
type Role = Schemas['Role']

export const ROLES = ['owner', 'admin', 'manager', 'operator', 'member'] as const satisfies readonly Role[]
export const ABILITIES = [
  'view_all_calls',
  'scope_workspace',
  'supervise',
  'see_names',
  'see_numbers',
  'see_content',
  'see_costs',
  'export',
  'raw_export',
  'reports',
  'work_cases',
  'see_audit',
  'manage_directory',
  'administer',
] as const satisfies readonly Ability[]

export default function People() {
  const say = useWords('settings')
  const shell = useWords('shell')
  const format = useFormat()
  const [deleted, setDeleted] = useState(false)
  const [searched, search] = useState('')
  const [transferring, transfer] = useState(false)
  const list = useAnswer('/v1/directory/users', { params: { query: { deleted } } })
  const teams = useAnswer('/v1/directory/teams', {})
  const numbers = useAnswer('/v1/directory/numbers', {})
  const administer = useMay('administer')
  const editing = useEditing<User>(list.refetch, (data) => [...((data as Users | undefined)?.users ?? [])])
  const teamNames = new Map(teams.data?.teams.map((team) => [team.id, team.name]))
  const numberNames = new Map(numbers.data?.numbers.map((number) => [number.id, number.name || number.e164]))
  const columns: Column<User>[] = [
    {
      id: 'name',
      title: say('person_name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => editing.edit(row)}>
          {row.name}
        </button>
      ),
    },
    { id: 'email', title: say('email'), cell: (row) => row.email },
    { id: 'role', title: say('role'), cell: (row) => shell(`role.${row.role}`) },
    { id: 'state', title: say('state'), cell: (row) => <State row={row} /> },
    {
      id: 'teams',
      title: say('tab.teams'),
      cell: (row) => format.list(row.teams.map((id) => teamNames.get(id) ?? id)) || '–',
    },
    {
      id: 'numbers',
      title: say('tab.numbers'),
      cell: (row) => format.list(row.numbers.map((id) => numberNames.get(id) ?? id)) || '–',
    },
    { id: 'accounts', title: say('accounts'), end: true, cell: (row) => format.count(row.accounts.length) },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.people')}</h2>
          <p class="about">{say('people.about')}</p>
        </div>
        <div class="row">
          <button type="button" onClick={() => transfer(true)}>
            {say('transfer')}
          </button>
          <button type="button" class="primary" onClick={editing.add}>
            <Plus size={16} aria-hidden="true" /> {say('people.add')}
          </button>
        </div>
      </header>
      <div class="row">
        <input
          type="search"
          class="search"
          placeholder={say('search')}
          aria-label={say('search')}
          value={searched}
          onInput={(event) => search(event.currentTarget.value)}
        />
        <Check label={say('show_deleted')} checked={deleted} onChange={setDeleted} />
      </div>
      <Answered query={list}>
        {(data) => (
          <Table
            label={say('tab.people')}
            columns={columns}
            rows={data.users.filter((user) =>
              matches({ id: user.id, name: user.name, about: `${user.email} ${user.role}` }, searched),
            )}
            rowKey={(row) => row.id}
            onPick={editing.edit}
            rowClass={(row) => (row.deleted_at ? 'gone' : undefined)}
          />
        )}
      </Answered>
      {editing.editing && list.data ? (
        <Person
          key={editing.key}
          row={editing.editing.row}
          roles={list.data.roles}
          onClose={editing.close}
          reload={editing.reload}
          teams={(teams.data?.teams ?? []).map((team) => ({ id: team.id, name: team.name }))}
          numbers={(numbers.data?.numbers ?? []).map((number) => ({
            id: number.id,
            name: number.name || number.e164,
            about: number.e164,
          }))}
        />
      ) : null}
      {transferring ? <Transfer kind="users" mayImport={administer} onClose={() => transfer(false)} /> : null}
    </section>
  )
}

function State({ row }: { row: User }) {
  const say = useWords('settings')
  if (row.deleted_at) return <span class="tag">{say('state.deleted')}</span>
  if (row.suspended_at) return <span class="tag warn">{say('state.suspended')}</span>
  return <span class="tag good">{say(row.signs_in ? 'state.active' : 'state.takes_part')}</span>
}

interface Account {
  connection: string
  id: string
  since: string
  until: string
}

type Asking = 'suspend' | 'delete' | 'invite' | null

function Person({
  row,
  roles,
  teams,
  numbers,
  onClose,
  reload,
}: {
  row: User | null
  roles: Users['roles']
  teams: Option[]
  numbers: Option[]
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('settings')
  const shell = useWords('shell')
  const session = useSession()
  const { zone } = useFormat()
  const administer = session.may('administer')
  const [name, setName] = useState(row?.name ?? '')
  const [email, setEmail] = useState(row?.email ?? '')
  const [role, setRole] = useState<Role>(row?.role ?? 'operator')
  const [language, setLanguage] = useState(row?.language ?? '')
  const [signsIn, setSignsIn] = useState(row?.signs_in ?? true)
  const [granted, setGranted] = useState<Ability[]>([...(row?.abilities ?? [])])
  const [without, setWithout] = useState<Ability[]>([...(row?.without ?? [])])
  const [inTeams, setInTeams] = useState<string[]>([...(row?.teams ?? [])])
  const [manages, setManages] = useState<string[]>([...(row?.manages ?? [])])
  const [own, setOwn] = useState<string[]>([...(row?.numbers ?? [])])
  const [accounts, setAccounts] = useState<Account[]>(
    (row?.accounts ?? []).map((account) => ({
      connection: account.connection,
      id: account.id,
      since: account.since ? wallOf(account.since, zone) : '',
      until: account.until ? wallOf(account.until, zone) : '',
    })),
  )
  const [asking, ask] = useState<Asking>(null)
  const saving = useSaving<User>(['/v1/directory/users', '/v1/directory/teams', '/v1/directory/choices'])
  const error = saving.error
  const body = {
    name: name.trim(),
    email: email.trim(),
    role,
    language: language as '' | 'en',
    abilities: granted,
    without,
    teams: inTeams,
    manages,
    numbers: own,
    accounts: accounts
      .filter((account) => account.id.trim())
      .map((account) => ({
        connection: account.connection,
        id: account.id.trim(),
        ...(account.since ? { since: momentOf(account.since, zone) } : {}),
        ...(account.until ? { until: momentOf(account.until, zone) } : {}),
      })),
  }
  const save = () =>
    saving.run(
      () =>
        row
          ? client.PATCH('/v1/directory/users/{id}', {
              params: { path: { id: row.id }, header: ifMatch(row.etag) },
              body: changedOf(body, row),
            })
          : client.POST('/v1/directory/users', { body: { ...body, signs_in: signsIn } }),
      onClose,
    )
  const path = row ? { params: { path: { id: row.id } } } : null
  const gone = Boolean(row?.deleted_at)
  return (
    <Editor
      title={row ? row.name : say('people.add')}
      saving={saving}
      fields={['name', 'email', 'role', 'language', 'abilities', 'without', 'teams', 'manages', 'numbers']}
      onClose={onClose}
      onSave={save}
      reload={reload}
      disabled={gone}
      more={
        row && path && administer ? (
          <>
            {row.signs_in && !gone ? (
              <button type="button" onClick={() => ask('invite')}>
                {say('invite')}
              </button>
            ) : null}
            {gone || row.suspended_at ? (
              <button
                type="button"
                disabled={saving.busy}
                onClick={() =>
                  saving.run(() => client.POST('/v1/directory/users/{id}/activate', path), onClose)
                }
              >
                {say('activate')}
              </button>
            ) : (
              <button type="button" onClick={() => ask('suspend')}>
                {say('suspend')}
              </button>
            )}
            {gone ? null : (
              <button type="button" class="danger" onClick={() => ask('delete')}>
                {say('delete')}
              </button>
            )}
          </>
        ) : null
      }
    >
      {gone ? <Notice tone="warn">{say('people.gone')}</Notice> : null}
      <div class="two">
        <Text
          label={say('person_name')}
          required
          value={name}
          onChange={setName}
          wrong={wrongOf(error, 'name')}
        />
        <Text
          label={say('email')}
          type="email"
          required
          value={email}
          onChange={setEmail}
          wrong={wrongOf(error, 'email')}
        />
        <Select
          label={say('role')}
          why={say(`role.${role}.why`)}
          value={role}
          onChange={setRole}
          options={ROLES.map((one) => ({ id: one, name: shell(`role.${one}`) }))}
          wrong={wrongOf(error, 'role')}
        />
        <Select
          label={say('language')}
          why={say('language.why')}
          value={language}
          onChange={setLanguage}
          options={[
            { id: '', name: say('language.workspace') },
            ...LANGUAGES.map((one) => ({ id: one as string, name: LANGUAGE_NAMES[one] })),
          ]}
          wrong={wrongOf(error, 'language')}
        />
      </div>
      {row ? null : (
        <Check label={say('signs_in')} why={say('signs_in.why')} checked={signsIn} onChange={setSignsIn} />
      )}
      <div class="row">
        <Many
          label={say('in_teams')}
          none={say('none')}
          options={teams}
          chosen={inTeams}
          onChange={setInTeams}
        />
        <Many
          label={say('manages')}
          none={say('none')}
          options={teams}
          chosen={manages}
          onChange={setManages}
        />
        <Many
          label={say('tab.numbers')}
          none={say('none')}
          options={numbers}
          chosen={own}
          onChange={setOwn}
        />
      </div>
      {[wrongOf(error, 'teams'), wrongOf(error, 'manages'), wrongOf(error, 'numbers')]
        .filter(Boolean)
        .map((wrong) => (
          <p class="bad small-text" key={wrong}>
            {wrong}
          </p>
        ))}
      <Accounts accounts={accounts} onChange={setAccounts} wrong={wrongOf(error, 'accounts')} />
      <Abilities
        role={role}
        inherited={roles[role] ?? []}
        granted={granted}
        without={without}
        onChange={(more, less) => {
          setGranted(more)
          setWithout(less)
        }}
        wrong={wrongOf(error, 'abilities') ?? wrongOf(error, 'without')}
      />
      {asking && row && path ? (
        <Confirm
          title={say(asking)}
          text={<p>{say(`${asking}.text`, { name: row.name })}</p>}
          action={say(asking)}
          danger={asking === 'delete'}
          busy={saving.busy}
          onClose={() => ask(null)}
          onConfirm={() => {
            ask(null)
            saving.run(
              () =>
                asking === 'delete'
                  ? client.DELETE('/v1/directory/users/{id}', path)
                  : asking === 'suspend'
                    ? client.POST('/v1/directory/users/{id}/suspend', path)
                    : client.POST('/v1/directory/users/{id}/invite', path),
              onClose,
            )
          }}
        />
      ) : null}
    </Editor>
  )
}

/** Only what is different: rights that the editor may not give are not touched. */
function changedOf<T extends object>(body: T, row: object): Partial<T> {
  const before = row as Record<string, unknown>
  const same = (name: string, value: unknown) => {
    const kept = before[name]
    if (name === 'accounts') {
      const plain = (list: unknown) =>
        JSON.stringify(
          (list as { connection: string; id: string; since?: string | null; until?: string | null }[]).map(
            (one) => [one.connection, one.id, stamp(one.since), stamp(one.until)],
          ),
        )
      return plain(kept) === plain(value)
    }
    return JSON.stringify(kept) === JSON.stringify(value)
  }
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => !same(name, value))) as Partial<T>
}

/** Forms know minutes. */
const stamp = (iso: string | null | undefined): number => (iso ? Math.floor(Date.parse(iso) / 60_000) : 0)

function Accounts({
  accounts,
  onChange,
  wrong,
}: {
  accounts: Account[]
  onChange: (accounts: Account[]) => void
  wrong?: string
}) {
  const say = useWords('settings')
  const connections = useAnswer('/v1/directory/connections', {})
  const { zone } = useFormat()
  const options = (connections.data?.connections ?? []).map((one) => ({
    id: one.id,
    name: one.name || one.id,
  }))
  const put = (at: number, patch: Partial<Account>) =>
    onChange(accounts.map((one, n) => (n === at ? { ...one, ...patch } : one)))
  return (
    <fieldset class="stack">
      <legend>{say('accounts')}</legend>
      <p class="faint small-text">{say('accounts.why', { zone })}</p>
      {accounts.map((account, at) => (
        <div class="account-row" key={at}>
          <Select
            label={say('connection')}
            value={account.connection}
            options={options}
            onChange={(connection) => put(at, { connection })}
          />
          <Text label={say('account')} value={account.id} onChange={(id) => put(at, { id })} />
          <Text
            label={say('since')}
            type="datetime-local"
            value={account.since}
            onChange={(since) => put(at, { since })}
          />
          <Text
            label={say('until')}
            type="datetime-local"
            value={account.until}
            onChange={(until) => put(at, { until })}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`${say('accounts.remove')} ${account.id}`}
            title={say('accounts.remove')}
            onClick={() => onChange(accounts.filter((_, n) => n !== at))}
          >
            <Trash2 size={16} aria-hidden="true" />
          </button>
        </div>
      ))}
      {wrong ? <p class="bad small-text">{wrong}</p> : null}
      <div>
        <button
          type="button"
          class="small"
          disabled={!options.length}
          onClick={() =>
            onChange([...accounts, { connection: options[0]?.id ?? '', id: '', since: '', until: '' }])
          }
        >
          <Plus size={14} aria-hidden="true" /> {say('accounts.add')}
        </button>
      </div>
    </fieldset>
  )
}

type Given = 'role' | 'granted' | 'taken'

function Abilities({
  role,
  inherited,
  granted,
  without,
  onChange,
  wrong,
}: {
  role: Role
  inherited: readonly Ability[]
  granted: Ability[]
  without: Ability[]
  onChange: (granted: Ability[], without: Ability[]) => void
  wrong?: string
}) {
  const say = useWords('settings')
  const shell = useWords('shell')
  const stateOf = (ability: Ability): Given =>
    without.includes(ability) ? 'taken' : granted.includes(ability) ? 'granted' : 'role'
  const put = (ability: Ability, given: Given) =>
    onChange(
      given === 'granted'
        ? [...granted.filter((one) => one !== ability), ability]
        : granted.filter((one) => one !== ability),
      given === 'taken'
        ? [...without.filter((one) => one !== ability), ability]
        : without.filter((one) => one !== ability),
    )
  return (
    <fieldset class="abilities">
      <legend>{say('abilities')}</legend>
      <p class="faint small-text">{say(role === 'owner' ? 'abilities.owner' : 'abilities.why')}</p>
      {wrong ? <p class="bad small-text">{wrong}</p> : null}
      {ABILITIES.map((ability) => {
        const has = inherited.includes(ability)
        const given = stateOf(ability)
        const holds = role === 'owner' || (given !== 'taken' && (has || given === 'granted'))
        return (
          <div class="ability" key={ability}>
            <span>
              <span class={`dot ${holds ? 'good' : ''}`} aria-hidden="true" />{' '}
              <label for={`ability-${ability}`}>{say(`ability.${ability}`)}</label>
              <span class="unseen">{say(holds ? 'ability.held' : 'ability.not_held')}</span>
            </span>
            <select
              id={`ability-${ability}`}
              value={given}
              disabled={role === 'owner'}
              onChange={(event) => put(ability, event.currentTarget.value as Given)}
            >
              <option value="role">
                {say(has ? 'ability.by_role' : 'ability.not_by_role', { role: shell(`role.${role}`) })}
              </option>
              <option value="granted">{say('ability.granted')}</option>
              <option value="taken">{say('ability.taken')}</option>
            </select>
          </div>
        )
      })}
    </fieldset>
  )
}
