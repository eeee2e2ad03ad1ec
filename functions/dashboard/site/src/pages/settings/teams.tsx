// Teams: which kind, who manages them, who is in them (features.md W19, W20).
import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { Many } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Check, Select, Text, wrongOf } from '../../kit/inputs'
import { Confirm } from '../../kit/overlay'
import { Fact, Facts } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Editor, ifMatch, type Team, useEditing, useSaving } from './editing'

type Teams = Schemas['Teams']
type Users = Schemas['Users']

export default function TeamsTab() {
  const say = useWords('settings')
  const format = useFormat()
  const [deleted, setDeleted] = useState(false)
  const list = useAnswer('/v1/directory/teams', { params: { query: { deleted } } })
  const users = useAnswer('/v1/directory/users', { params: { query: { deleted: true } } })
  const editing = useEditing<Team>(list.refetch, (data) => [...((data as Teams | undefined)?.teams ?? [])])
  const names = new Map(users.data?.users.map((user) => [user.id, user.name]))
  const columns: Column<Team>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => editing.edit(row)}>
          {row.name}
        </button>
      ),
    },
    {
      id: 'kind',
      title: say('kind'),
      cell: (row) => say(`kind.${row.kind === 'other' ? 'other' : 'call_center'}`),
    },
    {
      id: 'managers',
      title: say('managers'),
      cell: (row) => format.list(row.managers.map((id) => names.get(id) ?? id)) || '–',
    },
    { id: 'members', title: say('members'), end: true, cell: (row) => format.count(row.members.length) },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.teams')}</h2>
          <p class="about">{say('teams.about')}</p>
        </div>
        <button type="button" class="primary" onClick={editing.add}>
          <Plus size={16} aria-hidden="true" /> {say('teams.add')}
        </button>
      </header>
      <div class="row">
        <Check label={say('show_deleted')} checked={deleted} onChange={setDeleted} />
      </div>
      <Answered query={list}>
        {(data) => (
          <Table
            label={say('tab.teams')}
            columns={columns}
            rows={[...data.teams]}
            rowKey={(row) => row.id}
            onPick={editing.edit}
            rowClass={(row) => (row.deleted_at ? 'gone' : undefined)}
          />
        )}
      </Answered>
      {editing.editing ? (
        <Edit
          key={editing.key}
          row={editing.editing.row}
          users={users.data}
          onClose={editing.close}
          reload={editing.reload}
        />
      ) : null}
    </section>
  )
}

function Edit({
  row,
  users,
  onClose,
  reload,
}: {
  row: Team | null
  users?: Users
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('settings')
  const format = useFormat()
  const [name, setName] = useState(row?.name ?? '')
  const [kind, setKind] = useState<'call_center' | 'other'>(row?.kind === 'other' ? 'other' : 'call_center')
  const [managers, setManagers] = useState([...(row?.managers ?? [])])
  const [deleting, remove] = useState(false)
  const saving = useSaving<Team>(['/v1/directory/teams', '/v1/directory/users', '/v1/directory/choices'])
  const people = (users?.users ?? []).filter((user) => !user.deleted_at)
  const names = new Map(users?.users.map((user) => [user.id, user.name]))
  const path = row ? { params: { path: { id: row.id } } } : null
  const save = () =>
    saving.run(
      () =>
        row
          ? client.PATCH('/v1/directory/teams/{id}', {
              params: { path: { id: row.id }, header: ifMatch(row.etag) },
              body: { name: name.trim(), kind, managers },
            })
          : client.POST('/v1/directory/teams', { body: { name: name.trim(), kind, managers } }),
      onClose,
    )
  return (
    <Editor
      title={row ? row.name : say('teams.add')}
      saving={saving}
      fields={['name', 'kind', 'managers']}
      onClose={onClose}
      onSave={save}
      reload={reload}
      disabled={Boolean(row?.deleted_at)}
      more={
        !row || !path ? null : row.deleted_at ? (
          <button
            type="button"
            disabled={saving.busy}
            onClick={() => saving.run(() => client.POST('/v1/directory/teams/{id}/restore', path), onClose)}
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
      <Text
        label={say('name')}
        required
        value={name}
        onChange={setName}
        wrong={wrongOf(saving.error, 'name')}
      />
      <Select
        label={say('kind')}
        why={say('kind.why')}
        value={kind}
        onChange={setKind}
        options={[
          { id: 'call_center', name: say('kind.call_center') },
          { id: 'other', name: say('kind.other') },
        ]}
        wrong={wrongOf(saving.error, 'kind')}
      />
      <div class="row">
        <Many
          label={say('managers')}
          none={say('none')}
          options={people.map((user) => ({ id: user.id, name: user.name }))}
          chosen={managers}
          onChange={setManagers}
        />
      </div>
      {wrongOf(saving.error, 'managers') ? (
        <p class="bad small-text">{wrongOf(saving.error, 'managers')}</p>
      ) : null}
      {row ? (
        <Facts>
          <Fact name={say('members')}>
            {format.list(row.members.map((id) => names.get(id) ?? id)) || say('none')}
          </Fact>
        </Facts>
      ) : null}
      <p class="faint small-text">{say('teams.members.why')}</p>
      {deleting && path ? (
        <Confirm
          title={say('delete')}
          text={<p>{say('teams.delete.text')}</p>}
          action={say('delete')}
          danger
          busy={saving.busy}
          onClose={() => remove(false)}
          onConfirm={() => {
            remove(false)
            saving.run(() => client.DELETE('/v1/directory/teams/{id}', path), onClose)
          }}
        />
      ) : null}
    </Editor>
  )
}
