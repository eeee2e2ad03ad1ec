import { Page } from '../../shell'
import { useWords } from '../../words'

export default function ContactsPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.contacts')}>{null}</Page>
}
