// Distillation between two branches' features of one level: token by token, in the tokens'
// relations to each other, and in their mean. Forward and backward.

package kernels

import (
	"math"

	"ecalf/kernels/internal/memory"
)

// Distillation is what the two arrays of Ops.Distill hold: B samples of C tokens of
// width D, compared token by token by Kind.
type Distillation struct {
	B, C, D int
	Kind    LossKind
}

// unitEps is added to the squared norm of a vector that is divided by its norm.
const unitEps = 1e-12

// distillArrays are the arrays of both passes. relation and token are empty where the relation is left out.
type distillArrays struct {
	x, z, meanX, meanZ, relation, token []float32
}

func (p Distillation) arrays(op string, meanX, meanZ, relation, token, x, z Buf) distillArrays {
	sizes(op, p.B, p.C, p.D)
	n := p.B * p.C * p.D
	need(op, "x", x, n)
	need(op, "z", z, n)
	need(op, "meanX", meanX, p.B*p.D)
	need(op, "meanZ", meanZ, p.B*p.D)
	optional(op, "relation", relation, p.B*p.C*p.C)
	if relation.Len != 0 {
		need(op, "token", token, 4*p.B*p.C)
	}
	return distillArrays{x.Host, z.Host, meanX.Host, meanZ.Host, relation.Host, token.Host}
}

// sample returns the arrays of sample b.
func (a *distillArrays) sample(p *Distillation, b int) distillArrays {
	s := distillArrays{
		x: a.x[b*p.C*p.D:][:p.C*p.D], z: a.z[b*p.C*p.D:][:p.C*p.D],
		meanX: a.meanX[b*p.D:][:p.D], meanZ: a.meanZ[b*p.D:][:p.D],
	}
	if len(a.relation) != 0 {
		s.relation, s.token = a.relation[b*p.C*p.C:][:p.C*p.C], a.token[4*b*p.C:][:4*p.C]
	}
	return s
}

// other returns the same arrays with the branches changed over. The relation keeps its sign.
func (a distillArrays) other() distillArrays {
	a.x, a.z, a.meanX, a.meanZ = a.z, a.x, a.meanZ, a.meanX
	return a
}

func (l *level) distill(loss, meanX, meanZ, relation, token, x, z Buf, p Distillation) {
	const op = "Distill"
	need(op, "loss", loss, 3)
	a := p.arrays(op, meanX, meanZ, relation, token, x, z)
	parts := memory.Borrow(3 * p.B)
	defer memory.GiveBack(parts)
	parallelSpans(p.B, 2*p.C*p.D, func(lo, hi int) { l.leaf.distill(parts, &a, &p, lo, hi) })
	var local, related, cosine float64
	for b := range p.B {
		local += float64(parts[3*b])
		related += float64(parts[3*b+1])
		cosine += float64(parts[3*b+2])
	}
	n := float64(p.B)
	loss.Host[0] = float32(local / (n * float64(p.C) * float64(p.D)))
	loss.Host[1] = 0
	if relation.Len != 0 {
		loss.Host[1] = float32(related / (n * float64(p.C) * float64(p.C)))
	}
	loss.Host[2] = float32(1 - cosine/n)
}

// distillSlopes are the upstream gradients: what multiplies the slope of a difference, R·U, and
// the gradient of a cosine, and the gradients of the mean tokens, which may be empty.
type distillSlopes struct {
	local, relation, cosine float32
	meanX, meanZ            []float32
}

func (l *level) distillGrad(dx, dz Grad, dloss, dmeanX, dmeanZ, meanX, meanZ, relation, token, x, z Buf, p Distillation) {
	const op = "DistillGrad"
	need(op, "dloss", dloss, 3)
	optional(op, "dx", dx.Buf, p.B*p.C*p.D)
	optional(op, "dz", dz.Buf, p.B*p.C*p.D)
	optional(op, "dmeanX", dmeanX, p.B*p.D)
	optional(op, "dmeanZ", dmeanZ, p.B*p.D)
	a := p.arrays(op, meanX, meanZ, relation, token, x, z)
	b, c, d := float32(p.B), float32(p.C), float32(p.D)
	s := distillSlopes{
		local: dloss.Host[0] / (b * c * d), cosine: -dloss.Host[2] / b, meanX: dmeanX.Host, meanZ: dmeanZ.Host,
	}
	if relation.Len != 0 {
		s.relation = 4 * dloss.Host[1] / (b * c * c)
	}
	parallelSpans(p.B, 2*p.C*p.D, func(lo, hi int) { l.leaf.distillGrad(dx, dz, &s, &a, &p, lo, hi) })
}

// distillReference compares samples [lo, hi); parts receives each one's sums of the local loss and of the
// squared differences of relations, and the cosine of its mean tokens.
func distillReference(parts []float32, all *distillArrays, p *Distillation, lo, hi int) {
	for b := lo; b < hi; b++ {
		a := all.sample(p, b)
		var local, related float64
		for i, v := range a.x {
			local += p.Kind.value(float64(v) - float64(a.z[i]))
		}
		for d := range p.D {
			var x, z float64
			for i := range p.C {
				x += float64(a.x[i*p.D+d])
				z += float64(a.z[i*p.D+d])
			}
			a.meanX[d], a.meanZ[d] = float32(x/float64(p.C)), float32(z/float64(p.C))
		}
		if len(a.relation) != 0 {
			related = relate(&a, p)
		}
		cosine := dot(a.meanX, a.meanZ) * unitScale(a.meanX) * unitScale(a.meanZ)
		parts[3*b], parts[3*b+1], parts[3*b+2] = float32(local), float32(related), float32(cosine)
	}
}

// relate fills relation and token of one sample and returns Σ relation².
func relate(a *distillArrays, p *Distillation) (sum float64) {
	for i := range p.C {
		xi, zi := a.x[i*p.D:][:p.D], a.z[i*p.D:][:p.D]
		rx, rz := unitScale(xi), unitScale(zi)
		var sx, sz float64
		for j := range p.C {
			xj, zj := a.x[j*p.D:][:p.D], a.z[j*p.D:][:p.D]
			inX, inZ := dot(xi, xj)*rx*unitScale(xj), dot(zi, zj)*rz*unitScale(zj)
			diff := inX - inZ
			a.relation[i*p.C+j] = float32(diff)
			sum += diff * diff
			sx += diff * inX
			sz += diff * inZ
		}
		for k, v := range []float64{rx, rz, sx, sz} {
			a.token[4*i+k] = float32(v)
		}
	}
	return sum
}

func distillGradReference(dx, dz Grad, s *distillSlopes, all *distillArrays, p *Distillation, lo, hi int) {
	for b := lo; b < hi; b++ {
		a := all.sample(p, b)
		if dx.Len != 0 {
			distillSide(dx, b, s.meanX, 0, 1, s, &a, p)
		}
		if dz.Len != 0 {
			a = a.other()
			distillSide(dz, b, s.meanZ, 1, -1, s, &a, p)
		}
	}
}

// distillSide is the gradient of a.x, which is the first branch (side 0, sign 1) or the second one (1, −1).
func distillSide(dx Grad, b int, dmean []float32, side int, sign float64, s *distillSlopes, a *distillArrays, p *Distillation) {
	rx, rz := unitScale(a.meanX), unitScale(a.meanZ)
	cosine := dot(a.meanX, a.meanZ) * rx * rz
	for d := range p.D {
		g := float64(s.cosine) * rx * (rz*float64(a.meanZ[d]) - cosine*rx*float64(a.meanX[d]))
		g += at(dmean, b*p.D+d, 0)
		for i := range p.C {
			e := i*p.D + d
			v := g/float64(p.C) + float64(s.local)*p.Kind.slope(float64(a.x[e])-float64(a.z[e]))
			if len(a.relation) != 0 {
				// With U = unit(x) and V = R·U: rᵢ·(Vᵢ − Uᵢ·(Uᵢ·Vᵢ)), and Uᵢ·Vᵢ was kept.
				ri, u := float64(a.token[4*i+side]), 0.0
				for j := range p.C {
					u += float64(a.relation[i*p.C+j]) * float64(a.token[4*j+side]) * float64(a.x[j*p.D+d])
				}
				u -= ri * float64(a.x[e]) * float64(a.token[4*i+2+side])
				v += sign * float64(s.relation) * ri * u
			}
			put(&dx.Host[b*p.C*p.D+e], v, dx.Add)
		}
	}
}

// unitScale is 1/√(Σv² + 1e-12), what makes v a unit vector.
func unitScale(v []float32) float64 { return 1 / math.Sqrt(dot(v, v)+unitEps) }

func dot(x, y []float32) (sum float64) {
	for i, v := range x {
		sum += float64(v) * float64(y[i])
	}
	return sum
}
