// Customers by name: whom screens name when a number rings (features.md W7).
import { Plus } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, usePages } from '../../ask'
import { useFormat } from '../../kit/format'
import { Text, wrongOf } from '../../kit/inputs'
import { Confirm } from '../../kit/overlay'
import { Notice, Phone } from '../../kit/pieces'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { Editor, ifMatch, Lines, Pairs, useSaving } from './editing'
import { linesOf, pairsOf, recordOf } from './entries'
import { Transfer } from './transfer'

type Contact = Schemas['ContactView']

const TYPING_MS = 300
/** As much of a number as the API takes for a whole one. */
const WHOLE_NUMBER = /^\+?[\d\s().-]{7,}$/

export default function Contacts() {
  const say = useWords('settings')
  const kit = useWords('kit')
  const format = useFormat()
  const session = useSession()
  const [typed, type] = useState('')
  const [q, ask] = useState('')
  const [editing, edit] = useState<{ row: Contact | null } | null>(null)
  const [transferring, transfer] = useState(false)
  useEffect(() => {
    const timer = setTimeout(ask, TYPING_MS, typed.trim())
    return () => clearTimeout(timer)
  }, [typed])
  // All customers are listed for those who see all calls; everybody else asks by number.
  const all = session.me.scope.everything
  const asks = all || WHOLE_NUMBER.test(q)
  const pages = usePages(
    '/v1/directory/contacts',
    (cursor) => ({ params: { query: { ...(q ? { q } : {}), ...(cursor ? { after: cursor } : {}) } } }),
    (page) => page.next,
    { enabled: asks },
  )
  const connections = useAnswer('/v1/directory/connections', {}, { enabled: session.may('manage_directory') })
  const keepers = new Map(connections.data?.connections.map((one) => [one.id, one.name || one.id]))
  const manages = session.may('manage_directory') && session.may('see_names') && session.may('see_numbers')
  const rows = pages.data?.pages.flatMap((page) => [...page.contacts]) ?? []
  const columns: Column<Contact>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (row) => (
        <button type="button" class="link" onClick={() => edit({ row })}>
          {row.name}
        </button>
      ),
    },
    { id: 'company', title: say('company'), cell: (row) => row.company || '–' },
    {
      id: 'numbers',
      title: say('tab.numbers'),
      cell: (row) => (
        <span class="tight">
          {row.numbers.map((number) => (
            <Phone key={number} number={number} />
          ))}
        </span>
      ),
    },
    { id: 'email', title: say('email'), cell: (row) => row.email || '–' },
    {
      id: 'kept_by',
      title: say('kept_by'),
      cell: (row) => (row.kept_by ? (keepers.get(row.kept_by) ?? row.kept_by) : say('kept_by.us')),
    },
    { id: 'updated_at', title: say('updated_at'), cell: (row) => format.exactly(row.updated_at) },
  ]
  return (
    <section class="card stack">
      <header>
        <div>
          <h2>{say('tab.contacts')}</h2>
          <p class="about">{say('contacts.about')}</p>
        </div>
        {manages ? (
          <div class="row">
            <button type="button" onClick={() => transfer(true)}>
              {say('transfer')}
            </button>
            <button type="button" class="primary" onClick={() => edit({ row: null })}>
              <Plus size={16} aria-hidden="true" /> {say('contacts.add')}
            </button>
          </div>
        ) : null}
      </header>
      <div class="row">
        <input
          type="search"
          class="search long"
          placeholder={say(all ? 'contacts.search' : 'contacts.by_number')}
          aria-label={say(all ? 'contacts.search' : 'contacts.by_number')}
          value={typed}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </div>
      {asks ? null : <Empty inline title={say('contacts.by_number')} />}
      {!asks ? null : pages.error ? (
        <Problem error={pages.error} retry={() => void pages.refetch()} />
      ) : pages.isPending ? (
        <Skeleton />
      ) : (
        <Table
          label={say('tab.contacts')}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          onPick={(row) => edit({ row })}
          rowClass={(row) => (row.deleted_at ? 'gone' : undefined)}
          empty={<Empty inline title={q ? kit('nothing_found') : say('contacts.none')} />}
        />
      )}
      {pages.hasNextPage ? (
        <div>
          <button
            type="button"
            disabled={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            {kit('more')}
          </button>
        </div>
      ) : null}
      {editing ? (
        <Edit
          key={`${editing.row?.id} ${editing.row?.etag}`}
          row={editing.row}
          manages={manages}
          onClose={() => edit(null)}
          onReload={(row) => edit({ row })}
        />
      ) : null}
      {transferring ? <Transfer kind="contacts" mayImport={manages} onClose={() => transfer(false)} /> : null}
    </section>
  )
}

function Edit({
  row,
  manages,
  onClose,
  onReload,
}: {
  row: Contact | null
  manages: boolean
  onClose: () => void
  onReload: (row: Contact) => void
}) {
  const say = useWords('settings')
  const [name, setName] = useState(row?.name ?? '')
  const [company, setCompany] = useState(row?.company ?? '')
  const [email, setEmail] = useState(row?.email ?? '')
  const [numbers, setNumbers] = useState((row?.numbers ?? []).join('\n'))
  const [fields, setFields] = useState(pairsOf(row?.fields ?? {}))
  const [deleting, remove] = useState(false)
  const saving = useSaving<Contact>(['/v1/directory/contacts'])
  const fresh = useSaving<Contact>(['/v1/directory/contacts'], false)
  const error = saving.error
  const theirs = Boolean(row?.kept_by)
  const body = {
    name: name.trim(),
    company: company.trim(),
    email: email.trim(),
    numbers: linesOf(numbers),
    fields: recordOf(fields),
  }
  const path = row ? { params: { path: { id: row.id } } } : null
  const save = () =>
    saving.run(
      () =>
        row
          ? client.PATCH('/v1/directory/contacts/{id}', {
              params: { path: { id: row.id }, header: ifMatch(row.etag) },
              body,
            })
          : client.POST('/v1/directory/contacts', { body }),
      onClose,
    )
  return (
    <Editor
      title={row ? row.name : say('contacts.add')}
      saving={saving}
      fields={['name', 'company', 'email', 'numbers', 'fields']}
      onClose={onClose}
      onSave={save}
      reload={
        path ? () => fresh.run(() => client.GET('/v1/directory/contacts/{id}', path), onReload) : undefined
      }
      disabled={!manages || theirs || Boolean(row?.deleted_at)}
      more={
        row && path && manages && !theirs && !row.deleted_at ? (
          <button type="button" class="danger" onClick={() => remove(true)}>
            {say('delete')}
          </button>
        ) : null
      }
    >
      {theirs ? <Notice>{say('contacts.theirs')}</Notice> : null}
      <div class="two">
        <Text label={say('name')} required value={name} onChange={setName} wrong={wrongOf(error, 'name')} />
        <Text
          label={say('company')}
          value={company}
          onChange={setCompany}
          wrong={wrongOf(error, 'company')}
        />
        <Text
          label={say('email')}
          type="email"
          value={email}
          onChange={setEmail}
          wrong={wrongOf(error, 'email')}
        />
      </div>
      <Lines
        id="contact-numbers"
        label={say('tab.numbers')}
        why={say('lines.why')}
        value={numbers}
        onChange={setNumbers}
        wrong={wrongOf(error, 'numbers')}
        rows={3}
      />
      <Pairs
        label={say('fields')}
        name={say('field')}
        value={say('value')}
        pairs={fields}
        onChange={setFields}
        wrong={wrongOf(error, 'fields')}
      />
      {deleting && path ? (
        <Confirm
          title={say('delete')}
          text={<p>{say('contacts.delete.text')}</p>}
          action={say('delete')}
          danger
          busy={saving.busy}
          onClose={() => remove(false)}
          onConfirm={() => {
            remove(false)
            saving.run(() => client.DELETE('/v1/directory/contacts/{id}', path), onClose)
          }}
        />
      ) : null}
    </Editor>
  )
}
