// Our own numbers: name, team, source, and what providers call them (demands.md D24, D26).
import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { matches } from '../../kit/choices'
import { Check, Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm } from '../../kit/overlay'
import { Phone } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Editor, ifMatch, Lines, type NumberRow, useEditing, useSaving } from './editing'
import { linesOf } from './entries'
import { CountryText } from './places'
import { Transfer } from './transfer'

type Numbers = Schemas['Numbers']

export default function NumbersTab() {
  const say = useWords('settings')
  const [deleted, setDeleted] = useState(false)
  const [searched, search] = useState('')
  const [transferring, transfer] = useState(false)
  const list = useAnswer('/v1/directory/numbers', { params: { query: { deleted } } })
  const teams = useAnswer('/v1/directory/teams', {})
  const sources = useAnswer('/v1/directory/sources', {})
  const editing = useEditing<NumberRow>(list.refetch, (data) => [
    ...((data as Numbers | undefined)?.numbers ?? []),
  ])
  const teamNames = new Map(teams.data?.teams.map((team) => [team.id, team.name]))
  const sourceNames = new Map(sources.data?.sources.map((source) => [source.id, source.name]))
  const columns: Column<NumberRow>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => editing.edit(row)}>
          {row.name || row.e164}
        </button>
      ),
    },
    { id: 'e164', title: say('number'), cell: (row) => <Phone number={row.e164} /> },
    { id: 'team', title: say('team'), cell: (row) => teamNames.get(row.team) ?? (row.team || '–') },
    { id: 'source', title: say('source'), cell: (row) => sourceNames.get(row.source) ?? (row.source || '–') },
    {
      id: 'provider_ids',
      title: say('provider_ids'),
      cell: (row) => (row.provider_ids.length ? <code>{row.provider_ids.join(', ')}</code> : '–'),
    },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.numbers')}</h2>
          <p class="about">{say('numbers.about')}</p>
        </div>
        <div class="row">
          <button type="button" onClick={() => transfer(true)}>
            {say('transfer')}
          </button>
          <button type="button" class="primary" onClick={editing.add}>
            <Plus size={16} aria-hidden="true" /> {say('numbers.add')}
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
            label={say('tab.numbers')}
            columns={columns}
            rows={data.numbers.filter((row) =>
              matches(
                { id: row.id, name: row.name, about: `${row.e164} ${row.provider_ids.join(' ')}` },
                searched,
              ),
            )}
            rowKey={(row) => row.id}
            onPick={editing.edit}
            rowClass={(row) => (row.deleted_at ? 'gone' : undefined)}
            empty={<Empty inline title={say('numbers.none')} />}
          />
        )}
      </Answered>
      {editing.editing ? (
        <Edit
          key={editing.key}
          row={editing.editing.row}
          teams={(teams.data?.teams ?? []).map((team) => ({ id: team.id, name: team.name }))}
          sources={(sources.data?.sources ?? []).map((source) => ({ id: source.id, name: source.name }))}
          onClose={editing.close}
          reload={editing.reload}
        />
      ) : null}
      {transferring ? <Transfer kind="numbers" mayImport onClose={() => transfer(false)} /> : null}
    </section>
  )
}

interface Named {
  id: string
  name: string
}

function Edit({
  row,
  teams,
  sources,
  onClose,
  reload,
}: {
  row: NumberRow | null
  teams: Named[]
  sources: Named[]
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('settings')
  const [e164, setE164] = useState(row?.e164 ?? '')
  const [name, setName] = useState(row?.name ?? '')
  const [country, setCountry] = useState(row?.country ?? '')
  const [team, setTeam] = useState(row?.team ?? '')
  const [source, setSource] = useState(row?.source ?? '')
  const [ids, setIds] = useState((row?.provider_ids ?? []).join('\n'))
  const [deleting, remove] = useState(false)
  const saving = useSaving<NumberRow>(['/v1/directory/numbers', '/v1/directory/choices'])
  const error = saving.error
  const body = {
    e164: e164.trim(),
    name: name.trim(),
    ...(country ? { country } : {}),
    team,
    source,
    provider_ids: linesOf(ids),
  }
  const path = row ? { params: { path: { id: row.id } } } : null
  const save = () =>
    saving.run(
      () =>
        row
          ? client.PATCH('/v1/directory/numbers/{id}', {
              params: { path: { id: row.id }, header: ifMatch(row.etag) },
              body,
            })
          : client.POST('/v1/directory/numbers', { body }),
      onClose,
    )
  return (
    <Editor
      title={row ? row.name || row.e164 : say('numbers.add')}
      saving={saving}
      fields={['e164', 'name', 'country', 'team', 'source', 'provider_ids']}
      onClose={onClose}
      onSave={save}
      reload={reload}
      disabled={Boolean(row?.deleted_at)}
      more={
        !row || !path ? null : row.deleted_at ? (
          <button
            type="button"
            disabled={saving.busy}
            onClick={() => saving.run(() => client.POST('/v1/directory/numbers/{id}/restore', path), onClose)}
          >
            {say('restore')}
          </button>
        ) : (
          <button type="button" class="danger" onClick={() => remove(true)}>
            {say('delete')}
          </button>
        )
      }
    >
      <div class="two">
        <Text
          label={say('number')}
          why={say('numbers.e164.why')}
          required
          value={e164}
          onChange={setE164}
          wrong={wrongOf(error, 'e164')}
        />
        <Text label={say('name')} value={name} onChange={setName} wrong={wrongOf(error, 'name')} />
        <Select
          label={say('team')}
          why={say('numbers.team.why')}
          value={team}
          onChange={setTeam}
          options={[{ id: '', name: say('none') }, ...teams]}
          wrong={wrongOf(error, 'team')}
        />
        <Select
          label={say('source')}
          why={say('numbers.source.why')}
          value={source}
          onChange={setSource}
          options={[{ id: '', name: say('none') }, ...sources]}
          wrong={wrongOf(error, 'source')}
        />
        <CountryText
          label={say('country')}
          why={say('country.why')}
          value={country}
          onChange={setCountry}
          wrong={wrongOf(error, 'country')}
        />
      </div>
      <Lines
        id="provider-ids"
        label={say('provider_ids')}
        why={say('numbers.ids.why')}
        value={ids}
        onChange={setIds}
        wrong={wrongOf(error, 'provider_ids')}
        rows={3}
      />
      {deleting && path ? (
        <Confirm
          title={say('delete')}
          text={<p>{say('numbers.delete.text')}</p>}
          action={say('delete')}
          danger
          busy={saving.busy}
          onClose={() => remove(false)}
          onConfirm={() => {
            remove(false)
            saving.run(() => client.DELETE('/v1/directory/numbers/{id}', path), onClose)
          }}
        />
      ) : null}
    </Editor>
  )
}
