// Where calls come from: sources that numbers stand for.
import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { Text, wrongOf } from '../../kit/inputs'
import { Confirm } from '../../kit/overlay'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Editor, ifMatch, useEditing, useSaving } from './editing'

type Source = Schemas['SourceView']
type Sources = Schemas['Sources']

export default function SourcesTab() {
  const say = useWords('settings')
  const list = useAnswer('/v1/directory/sources', {})
  const editing = useEditing<Source>(list.refetch, (data) => [
    ...((data as Sources | undefined)?.sources ?? []),
  ])
  const columns: Column<Source>[] = [
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
    { id: 'medium', title: say('medium'), cell: (row) => row.medium || '–' },
    { id: 'campaign', title: say('campaign'), cell: (row) => row.campaign || '–' },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.sources')}</h2>
          <p class="about">{say('sources.about')}</p>
        </div>
        <button type="button" class="primary" onClick={editing.add}>
          <Plus size={16} aria-hidden="true" /> {say('sources.add')}
        </button>
      </header>
      <Answered query={list}>
        {(data) => (
          <Table
            label={say('tab.sources')}
            columns={columns}
            rows={[...data.sources]}
            rowKey={(row) => row.id}
            onPick={editing.edit}
            empty={<Empty inline title={say('sources.none')} />}
          />
        )}
      </Answered>
      {editing.editing ? (
        <Edit key={editing.key} row={editing.editing.row} onClose={editing.close} reload={editing.reload} />
      ) : null}
    </section>
  )
}

function Edit({ row, onClose, reload }: { row: Source | null; onClose: () => void; reload: () => void }) {
  const say = useWords('settings')
  const [name, setName] = useState(row?.name ?? '')
  const [medium, setMedium] = useState(row?.medium ?? '')
  const [campaign, setCampaign] = useState(row?.campaign ?? '')
  const [deleting, remove] = useState(false)
  const saving = useSaving<Source>(['/v1/directory/sources', '/v1/directory/choices'])
  const body = { name: name.trim(), medium: medium.trim(), campaign: campaign.trim() }
  const path = row ? { params: { path: { id: row.id } } } : null
  const save = () =>
    saving.run(
      () =>
        row
          ? client.PATCH('/v1/directory/sources/{id}', {
              params: { path: { id: row.id }, header: ifMatch(row.etag) },
              body,
            })
          : client.POST('/v1/directory/sources', { body }),
      onClose,
    )
  return (
    <Editor
      title={row ? row.name : say('sources.add')}
      saving={saving}
      fields={['name', 'medium', 'campaign']}
      onClose={onClose}
      onSave={save}
      reload={reload}
      more={
        path ? (
          <button type="button" class="danger" onClick={() => remove(true)}>
            {say('delete')}
          </button>
        ) : null
      }
    >
      <Text
        label={say('name')}
        required
        value={name}
        onChange={setName}
        wrong={wrongOf(saving.error, 'name')}
      />
      <Text
        label={say('medium')}
        value={medium}
        onChange={setMedium}
        wrong={wrongOf(saving.error, 'medium')}
      />
      <Text
        label={say('campaign')}
        value={campaign}
        onChange={setCampaign}
        wrong={wrongOf(saving.error, 'campaign')}
      />
      {deleting && path ? (
        <Confirm
          title={say('delete')}
          text={<p>{say('sources.delete.text')}</p>}
          action={say('delete')}
          danger
          busy={saving.busy}
          onClose={() => remove(false)}
          onConfirm={() => {
            remove(false)
            saving.run(() => client.DELETE('/v1/directory/sources/{id}', path), onClose)
          }}
        />
      ) : null}
    </Editor>
  )
}
