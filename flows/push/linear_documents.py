"""The GraphQL documents we send to Linear. Each validates against Linear's schema (tests/conformance)."""

from __future__ import annotations

TEAM = """
query GroundswellTeam($key: String!) {
  teams(first: 1, filter: { key: { eq: $key } }) {
    nodes { id key name triageEnabled triageIssueState { id } }
  }
}
"""

LABELS = """
query GroundswellLabels($names: [String!]!, $after: String) {
  issueLabels(first: 50, after: $after, filter: { name: { in: $names } }) {
    nodes { id name isGroup team { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

ISSUE = """
query GroundswellIssue($id: String!) {
  issue(id: $id) {
    id identifier url title description priority trashed
    attachments(first: 50) { nodes { id url } }
    relations(first: 50) { nodes { relatedIssue { id } } }
  }
}
"""

COMMENT = """
query GroundswellComment($issue: String!, $comment: ID!) {
  issue(id: $issue) { comments(first: 1, filter: { id: { eq: $comment } }) { nodes { id url } } }
}
"""

CREATE_ISSUE = """
mutation GroundswellCreateIssue($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { id identifier url } }
}
"""

UPDATE_ISSUE = """
mutation GroundswellUpdateIssue($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success issue { id updatedAt } }
}
"""

CREATE_LABEL = """
mutation GroundswellCreateLabel($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) { success issueLabel { id name } }
}
"""

ATTACH = """
mutation GroundswellAttach($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) { success attachment { id url } }
}
"""

CREATE_COMMENT = """
mutation GroundswellComment($input: CommentCreateInput!) {
  commentCreate(input: $input) { success comment { id url } }
}
"""

RELATE = """
mutation GroundswellRelate($input: IssueRelationCreateInput!) {
  issueRelationCreate(input: $input) { success issueRelation { id } }
}
"""

# Customers by our own account keys, and by mail domain: people, or another integration, may have made them.
CUSTOMERS = """
query GroundswellCustomers($accounts: [String!]!, $domains: [String!]!) {
  organization { customersEnabled }
  customers(first: 100, filter: {
    or: [{ externalIds: { some: { in: $accounts } } }, { domains: { some: { in: $domains } } }]
  }) { nodes { id domains externalIds revenue tier { id } } }
}
"""

# An archived need counts: somebody has dealt with it.
NEEDS = """
query GroundswellNeeds($issue: String!, $needs: [ID!]!, $customers: [ID!]!) {
  issue(id: $issue) {
    needs(first: 100, includeArchived: true, filter: {
      or: [{ id: { in: $needs } }, { customer: { id: { in: $customers } } }]
    }) { nodes { id customer { id } } }
  }
}
"""

UPSERT_CUSTOMER = """
mutation GroundswellCustomer($input: CustomerUpsertInput!) {
  customerUpsert(input: $input) { success customer { id } }
}
"""

CREATE_NEED = """
mutation GroundswellNeed($input: CustomerNeedCreateInput!) {
  customerNeedCreate(input: $input) { success need { id } }
}
"""

ALL = {
    name: value
    for name, value in globals().items()
    if name.isupper() and isinstance(value, str) and ("query " in value or "mutation " in value)
}
